//! Services that run code, or call AWS, with a role that somebody passes to them.
//!
//! Each way needs `iam:PassRole` and all of its actions. Sources: the Service Authorization
//! Reference names the actions that depend on `iam:PassRole`; <https://pathfinding.cloud> shows for
//! most of them what else it takes.

use std::rc::Rc;

use iam::Truth;
use iam::account::{Actor, RoleIx};

use crate::account_view::AccountView;
use crate::action::Action;
use crate::permissions::As;

/// The condition key for the service in a request to pass a role (IAM User Guide, "IAM and AWS STS
/// condition context keys").
const PASSED_TO: &str = "iam:PassedToService";

/// A service by its name in trust policies, without `.amazonaws.com`, and the actions of one way to
/// use a role that is passed to it.
type Way = (&'static str, &'static [Action]);

/// What runs with the role.
const WAYS: &[Way] = &[
    // Something else may call the function: a trigger, a URL, another user.
    ("lambda", &[Action::CreateFunction]),
    ("ec2", &[Action::RunInstances]),
    ("ec2", &[Action::RequestSpotInstances]),
    ("ec2", &[Action::RequestSpotFleet]),
    ("ec2", &[Action::CreateFleet]),
    ("ec2", &[Action::AssociateInstanceProfile]),
    ("ec2", &[Action::ReplaceInstanceProfile]),
    // The instances of a cluster have the role, as an instance profile.
    ("ec2", &[Action::RunJobFlow]),
    // The instances of a group have the profile of its launch configuration (EC2 Auto Scaling API,
    // CreateLaunchConfiguration, `IamInstanceProfile`).
    ("ec2", &[Action::CreateLaunchConfiguration, Action::CreateScalingGroup]),
    ("ec2", &[Action::CreateLaunchConfiguration, Action::UpdateScalingGroup]),
    // The instance that builds an image runs the components (Image Builder API,
    // CreateInfrastructureConfiguration, `instanceProfileName`).
    (
        "ec2",
        &[
            Action::CreateComponent,
            Action::CreateRecipe,
            Action::CreateInfrastructure,
            Action::CreateImage,
        ],
    ),
    ("codebuild", &[Action::CreateProject, Action::StartBuild]),
    ("codebuild", &[Action::CreateProject, Action::StartBuildBatch]),
    ("codebuild", &[Action::CreateProject, Action::CreateWebhook]),
    // Others start the builds of a project that exists.
    ("codebuild", &[Action::UpdateProject]),
    ("cloudformation", &[Action::CreateStack]),
    ("cloudformation", &[Action::UpdateStack]),
    ("cloudformation", &[Action::CreateChangeSet, Action::ExecuteChangeSet]),
    ("cloudformation", &[Action::CreateStackSet, Action::CreateStackInstances]),
    ("cloudformation", &[Action::UpdateStackSet]),
    ("ecs-tasks", &[Action::RegisterTaskDefinition, Action::RunTask]),
    ("ecs-tasks", &[Action::RegisterTaskDefinition, Action::StartTask]),
    ("ecs-tasks", &[Action::RegisterTaskDefinition, Action::CreateTaskService]),
    ("ecs-tasks", &[Action::RegisterTaskDefinition, Action::UpdateTaskService]),
    // Both override the role of a task definition that exists (ECS API, TaskOverride).
    ("ecs-tasks", &[Action::RunTask]),
    ("ecs-tasks", &[Action::StartTask]),
    ("ecs-tasks", &[Action::RegisterJobDefinition, Action::SubmitJob]),
    // Something else may start it: a schedule, an event, another user.
    ("states", &[Action::CreateStateMachine]),
    ("states", &[Action::UpdateStateMachine]),
    ("glue", &[Action::CreateJob, Action::StartJobRun]),
    ("glue", &[Action::CreateJob, Action::CreateTrigger]),
    ("glue", &[Action::UpdateJob]),
    ("glue", &[Action::CreateSession, Action::RunStatement]),
    ("glue", &[Action::CreateDevEndpoint]),
    ("sagemaker", &[Action::CreateNotebookInstance]),
    ("sagemaker", &[Action::CreateTrainingJob]),
    ("sagemaker", &[Action::CreateProcessingJob]),
    ("sagemaker", &[Action::CreateDomain, Action::CreateUserProfile, Action::CreateDomainUrl]),
    // The containers of a model, or of a training job, run with the role (SageMaker API,
    // `ExecutionRoleArn` and `RoleArn`).
    ("sagemaker", &[Action::CreateModel, Action::CreateEndpointConfig, Action::CreateEndpoint]),
    ("sagemaker", &[Action::CreateModel, Action::CreateTransformJob]),
    ("sagemaker", &[Action::CreateTuningJob]),
    ("ssm", &[Action::StartAutomationExecution]),
    // A task of the type AUTOMATION calls any API (Systems Manager User Guide,
    // `aws:executeAwsApi`).
    ("ssm", &[Action::CreateWindow, Action::RegisterWindowTask]),
    ("ssm", &[Action::CreateAssociation]),
    ("datapipeline", &[Action::CreateDataPipeline, Action::PutDataPipeline]),
    ("elasticmapreduce", &[Action::CreateDataPipeline, Action::PutDataPipeline]),
    ("tasks.apprunner", &[Action::CreateWebService]),
    ("tasks.apprunner", &[Action::UpdateWebService]),
    (
        "bedrock-agentcore",
        &[Action::CreateInterpreter, Action::StartInterpreter, Action::InvokeInterpreter],
    ),
    ("bedrock-agentcore", &[Action::CreateRuntime, Action::InvokeRuntime]),
    ("bedrock-agentcore", &[Action::CreateRuntime, Action::CommandRuntime]),
    // The page that the browser shows may be that of its machine's credentials.
    ("bedrock-agentcore", &[Action::CreateBrowser, Action::StartBrowser, Action::ConnectBrowser]),
    // The code of an application runs with its role (Managed Service for Apache Flink API,
    // CreateApplication, `ServiceExecutionRole`).
    ("kinesisanalytics", &[Action::CreateFlinkApp, Action::StartFlinkApp]),
    // The code comes from a bucket that the caller names (Managed Workflows for Apache Airflow API,
    // CreateEnvironment, `ExecutionRoleArn`).
    ("airflow-env", &[Action::CreateAirflow]),
    // The tasks of a workflow run with the role of the run (HealthOmics API, StartRun, `roleArn`).
    ("omics", &[Action::CreateWorkflow, Action::StartWorkflowRun]),
    // A pool gives credentials of its roles to its identities, or to everybody (Cognito identity
    // pools API, SetIdentityPoolRoles).
    ("cognito-identity", &[Action::SetPoolRoles]),
    // The servers of a fleet have its role (GameLift API, CreateFleet, `InstanceRoleArn`).
    ("gamelift", &[Action::CreateGameBuild, Action::CreateGameFleet]),
    // Its universal target calls any API (EventBridge Scheduler User Guide, "Using universal
    // targets").
    ("scheduler", &[Action::CreateSchedule]),
    ("scheduler", &[Action::UpdateSchedule]),
    // An integration of the type AWS calls any API (API Gateway API, PutIntegration).
    ("apigateway", &[Action::PutApi]),
    // The Commands action runs with the role of the pipeline (CodePipeline User Guide, "Commands
    // action reference").
    ("codepipeline", &[Action::CreateAnyPipeline]),
    ("codepipeline", &[Action::UpdateAnyPipeline]),
    ("pods.eks", &[Action::CreatePodIdentity]),
    ("emr-serverless", &[Action::StartServerlessJob]),
    ("credentials.iot", &[Action::CreateRoleAlias]),
    ("rolesanywhere", &[Action::CreateAnywhereProfile]),
    ("braket", &[Action::CreateQuantumJob]),
    // The commands of a channel run with its role.
    ("chatbot", &[Action::CreateChannel]),
    ("chatbot", &[Action::UpdateChannel]),
    ("greengrass", &[Action::AssociateRoleToGroup]),
    // A push to a connected branch starts a build with the role (Amplify Hosting API, CreateApp).
    ("amplify", &[Action::CreateApp]),
    // A resolver calls any API through a signed HTTP data source (AppSync Developer Guide, "HTTP
    // resolvers").
    ("appsync", &[Action::CreateDataSource, Action::CreateResolver]),
    ("appsync", &[Action::CreateDataSource, Action::UpdateResolver]),
];

/// All actions of the ways.
pub(crate) fn actions() -> impl Iterator<Item = Action> {
    WAYS.iter().flat_map(|(_, actions)| actions.iter().copied())
}

/// The name of a service, without the domain of its partition.
pub(crate) fn bare(service: &str) -> &str {
    service.split_once(".amazonaws.").map_or(service, |(bare, _)| bare)
}

/// A service that a role trusts, and the actions of each way to use the role through it.
pub(crate) struct Trusted {
    service: String,
    ways: Vec<&'static [Action]>,
}

/// The services that a role trusts and that run code with roles.
pub(crate) fn trusted(services: Vec<String>) -> Vec<Trusted> {
    let services = services.into_iter().map(|service| {
        let name = bare(&service);
        let ways = WAYS.iter().filter(|(trusted, _)| *trusted == name).map(|(_, actions)| *actions);
        Trusted { ways: ways.collect(), service }
    });
    services.filter(|service| !service.ways.is_empty()).collect()
}

/// The actions with which somebody may use a role that it passes to a service. The first is
/// `iam:PassRole`. Returns `None` if nobody can use the role in this way.
pub(crate) fn way<'a>(view: &AccountView<'a>, who: &As<'a>, role: RoleIx) -> Option<Vec<Action>> {
    let permissions = &view.reach.permissions;
    let found = view.account().role(role)?;
    let may_pass = |service: &str| {
        let given = [(PASSED_TO, Some(service))];
        let target = Some(Actor::Role(role));
        permissions.allows_to(who, Action::PassRole, &found.identity.arn, target, &given)
            != Truth::No
    };
    view.services_of(role).iter().find_map(|Trusted { service, ways }| {
        let may = |actions: &[Action]| actions.iter().all(|action| view.reach.can(who, *action));
        let actions = ways.iter().find(|actions| may(actions))?;
        may_pass(service).then(|| [&[Action::PassRole], *actions].concat())
    })
}

impl AccountView<'_> {
    /// The services that a role trusts and that run code with roles that are passed to them.
    pub(super) fn services_of(&self, at: RoleIx) -> Rc<[Trusted]> {
        let mut known = self.services.borrow_mut();
        let found = known.entry(at).or_insert_with(|| {
            let role = self.account().role(at);
            let outsiders = role.map(|role| self.account().outsiders(role)).unwrap_or_default();
            // A trust policy names Cognito as a provider of identities, and not as a service.
            trusted([outsiders.services, outsiders.federated].concat()).into()
        });
        Rc::clone(found)
    }
}
