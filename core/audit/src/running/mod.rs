//! Code that runs with a role already, and that somebody may change or get into.
//!
//! The account shows which services may assume a role, but not what they run with it. So these ways
//! are possible, and not certain. Sources: <https://pathfinding.cloud>, category "existing
//! PassRole", and where it says nothing the API reference of the service.

mod reached;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::{Actor, RoleIx};

use self::reached::Reached;
use crate::account_view::AccountView;
use crate::action::Action;
use crate::passing::bare;

pub(crate) use self::reached::two_slots;

/// A service by its name in trust policies, without `.amazonaws.com`, and the actions of one way to
/// run code with the role of something that it runs.
type Way = (&'static str, &'static [Action]);

const WAYS: &[Way] = &[
    ("lambda", &[Action::UpdateAnyFunction]),
    // A layer or another handler runs other code.
    ("lambda", &[Action::UpdateAnyConfiguration]),
    ("ec2", &[Action::StartSession]),
    ("ec2", &[Action::SendCommand]),
    ("ec2", &[Action::CreateAssociation]),
    ("ec2", &[Action::SendSshKey]),
    // User data runs when an instance starts.
    ("ec2", &[Action::ModifyInstance, Action::StopInstances, Action::StartInstances]),
    ("ec2", &[Action::CreateTemplateVersion, Action::ModifyTemplate]),
    ("ec2", &[Action::CreateDeployment]),
    ("ec2", &[Action::AddJobFlowSteps]),
    // A build with an infrastructure configuration that is there (Image Builder API, CreateImage).
    ("ec2", &[Action::CreateComponent, Action::CreateRecipe, Action::CreateImage]),
    // A build may have another buildspec than the project (CodeBuild API, StartBuild).
    ("codebuild", &[Action::StartBuild]),
    ("codebuild", &[Action::StartBuildBatch]),
    ("codebuild", &[Action::UpdateProject]),
    // A stack keeps its role (CloudFormation API, UpdateStack, `RoleARN`).
    ("cloudformation", &[Action::UpdateStack]),
    ("cloudformation", &[Action::CreateChangeSet, Action::ExecuteChangeSet]),
    ("cloudformation", &[Action::UpdateStackSet]),
    ("ecs-tasks", &[Action::ExecuteCommand]),
    // A job may have another command than its definition (Batch API, ContainerOverrides).
    ("ecs-tasks", &[Action::SubmitJob]),
    ("states", &[Action::UpdateStateMachine]),
    ("glue", &[Action::UpdateDevEndpoint]),
    ("glue", &[Action::RunStatement]),
    ("glue", &[Action::UpdateJob]),
    ("sagemaker", &[Action::CreateNotebookUrl]),
    ("sagemaker", &[Action::CreateDomainUrl]),
    ("sagemaker", &[Action::UpdateLifecycle, Action::StopNotebook, Action::StartNotebook]),
    (
        "sagemaker",
        &[
            Action::CreateLifecycle,
            Action::StopNotebook,
            Action::UpdateNotebook,
            Action::StartNotebook,
        ],
    ),
    ("tasks.apprunner", &[Action::UpdateWebService]),
    ("bedrock-agentcore", &[Action::StartInterpreter, Action::InvokeInterpreter]),
    ("bedrock-agentcore", &[Action::CommandRuntime]),
    ("bedrock-agentcore", &[Action::StartBrowser, Action::ConnectBrowser]),
    // Somebody who administers a cluster starts pods (EKS User Guide, "Grant IAM users access to
    // Kubernetes with EKS access entries").
    ("pods.eks", &[Action::CreateAccessEntry, Action::AssociateAccessPolicy]),
    // The holder of a certificate of any trust anchor gets sessions (IAM Roles Anywhere User Guide,
    // "Trust model").
    ("rolesanywhere", &[Action::CreateTrustAnchor]),
    ("rolesanywhere", &[Action::UpdateTrustAnchor]),
    ("amplify", &[Action::UpdateApp]),
    ("kinesisanalytics", &[Action::UpdateFlinkApp]),
];

/// Places of ways in the table.
pub(crate) type Ways = BTreeSet<usize>;

/// The actions of the way at a place.
fn actions_of(way: usize) -> &'static [Action] {
    WAYS.get(way).map_or(&[], |(_, actions)| *actions)
}

/// The ways to run code with a role, if something that one of these services runs has it.
fn of_services(services: &[String]) -> Vec<usize> {
    let trusted = |service: &str| services.iter().any(|it| bare(it) == service);
    let ways = WAYS.iter().enumerate().filter(|(_, (service, _))| trusted(service));
    ways.map(|(at, _)| at).collect()
}

/// What is known about code that runs. Computed when it is needed.
#[derive(Default)]
pub(super) struct Running {
    roles: OnceCell<Vec<(RoleIx, Vec<usize>)>>,
    ways: OnceCell<Ways>,
    actions: OnceCell<Vec<Action>>,
    open: RefCell<HashMap<Actor, Rc<Ways>>>,
    reached: RefCell<HashMap<Ways, Rc<Reached>>>,
}

impl AccountView<'_> {
    /// The roles that matter and that a service may run code with, each with the ways to run code
    /// with it.
    pub(super) fn running_roles(&self) -> &[(RoleIx, Vec<usize>)] {
        self.running.roles.get_or_init(|| {
            let roles = self.account().roles_by_ix().filter(|(at, _)| self.chains.matters(*at));
            let ways =
                roles.map(|(at, role)| (at, of_services(&self.account().outsiders(role).services)));
            ways.filter(|(_, ways)| !ways.is_empty()).collect()
        })
    }

    /// The ways to run code with any of these roles.
    fn ways_that_run(&self) -> &Ways {
        let ways = || self.running_roles().iter().flat_map(|(_, ways)| ways).copied().collect();
        self.running.ways.get_or_init(ways)
    }

    /// The actions of these ways.
    pub(super) fn changing_running_code(&self) -> &[Action] {
        self.running.actions.get_or_init(|| {
            let ways = self.ways_that_run().iter();
            let all: BTreeSet<Action> = ways.flat_map(|way| actions_of(*way)).copied().collect();
            all.into_iter().collect()
        })
    }
}
