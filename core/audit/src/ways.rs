//! The ways to bypass the gate: what each does, and all permissions that it needs.
//!
//! Some are about the gate and its pipeline. Others release without the pipeline, and are known
//! only as far as the user or a pipeline's file says what is released: see [`crate::release`].
//! docs/audit.md lists them all, and what is not a way.

use iam::account::Account;
use iam::{Frame, FramePart};
use names::FunctionRef;

use crate::action::{Action, On};
use crate::release::{Artifacts, Target, TargetKind, named_role};
use crate::scope::Scope;

/// What messages call the gate.
const GATE: &str = "the gate";

/// An action, and the resources on which it is needed: one of them is enough.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) action: Action,
    pub(crate) frames: Vec<Frame>,
}

/// A way to bypass the gate.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Everything that it needs.
    pub(crate) needs: Vec<Need>,
    /// What it does, with a verb in the third person.
    pub(crate) does: String,
    /// Whether it releases without the pipeline, so the pipeline's own roles may do it.
    pub(crate) is_release: bool,
}

/// All ways past the gates of a scope.
pub(crate) fn ways(account: &Account, scope: &Scope) -> Vec<Way> {
    let mut ways = past_the_gate(account, scope);
    let release = &scope.release;
    ways.extend(of_the_rule(account, scope));
    ways.extend(release.artifacts.iter().flat_map(artifacts(account)));
    ways.extend(release.targets.iter().flat_map(|target| around(account, scope, target)));
    // With another program, the desk shows people one thing and has them sign another. Without
    // signatures it answers for anybody.
    if let (Some(_), Some(function)) = (&scope.desk, &release.desk_function) {
        let mut changes = changes_of(account, scope, function, "the desk");
        changes.iter_mut().for_each(|way| way.is_release = false);
        ways.extend(changes);
    }
    // With another program, it says that nobody wrote what is released, and that all of it was
    // reviewed.
    if let Some(function) = &release.reviews_function {
        let what = format!("the reviews function `{}`", function.name());
        ways.extend(changes_of(account, scope, function, &what));
    }
    ways
}

/// All actions of these ways, each once.
pub(crate) fn actions(ways: &[Way]) -> Vec<Action> {
    let needs = ways.iter().flat_map(|way| &way.needs);
    let mut actions: Vec<Action> = needs.map(|need| need.action).collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn past_the_gate(account: &Account, scope: &Scope) -> Vec<Way> {
    let of = |action: Action, does: &str| {
        let frames = vec![scope.resources(account, action.on())];
        Way { needs: vec![Need { action, frames }], does: does.to_owned(), is_release: false }
    };
    let mut ways = vec![
        of(Action::UpdatePipeline, "removes the gate"),
        of(Action::RollbackStage, "releases an earlier execution again"),
        of(Action::OverrideStageCondition, "overrides a condition of the stage"),
        of(Action::PutJobSuccessResult, "answers in the gate's place"),
    ];
    ways.extend(changes_of(account, scope, &scope.gate, GATE));
    ways
}

/// Changes of a function. What runs under an alias or as a version changes only later: "Creates a
/// version from the current code and configuration of a function" (Lambda API reference,
/// PublishVersion), so the next one that anybody publishes has the change.
fn changes_of(account: &Account, scope: &Scope, function: &FunctionRef, what: &str) -> Vec<Way> {
    let whole = || vec![scope.function(account, function, &[])];
    let forms = || scope.function_forms(account, function).to_vec();
    let way = |needs: &[(Action, Vec<Frame>)], does: String| Way {
        needs: needs
            .iter()
            .map(|(action, frames)| Need { action: *action, frames: frames.clone() })
            .collect(),
        does,
        is_release: false,
    };
    let qualifier = function.qualifier().filter(|qualifier| !qualifier.starts_with('$'));
    let [replaces, configures] = match (qualifier, what) {
        (Some(_), _) => [(); 2].map(|()| format!("changes the next version of {what}")),
        (None, GATE) => [format!("replaces {what}"), format!("changes {what}'s rule")],
        (None, _) => [format!("replaces {what}"), format!("changes the settings of {what}")],
    };
    let mut ways = vec![
        way(&[(Action::UpdateFunctionCode, whole())], replaces),
        way(&[(Action::UpdateFunctionConfiguration, whole())], configures),
    ];
    if qualifier.is_some_and(|qualifier| !qualifier.chars().all(|c| c.is_ascii_digit())) {
        // The resource is the function. Some policies name the alias.
        let does = format!("puts another version of {what} in force");
        ways.push(way(&[(Action::UpdateAlias, forms())], does.clone()));
        let both = [(Action::DeleteAlias, forms()), (Action::CreateAlias, forms())];
        ways.push(way(&both, does));
    }
    // "You can grant cross-account access for most API actions that operate on an existing
    // function" (Lambda Developer Guide, "Granting Lambda function access to other accounts"), to
    // change it for example.
    ways.push(way(&[(Action::AddPermission, whole())], format!("lets others change {what}")));
    ways
}

/// The ways to change the gate's rule through its own pipeline, if the account has one
/// (templates/rule-pipeline.yaml): its last project puts the rule in force that it is started with.
fn of_the_rule(account: &Account, scope: &Scope) -> Vec<Way> {
    let [_, deploys] = rule_roles(scope);
    if named_role(account, &deploys).is_none() {
        return Vec::new();
    }
    let project = scope.of_service(account, "codebuild", None, &format!("project/{deploys}"));
    let actions = [
        Action::UpdateProject,
        Action::StartBuild,
        Action::StartBuildBatch,
        Action::RetryBuild,
        Action::RetryBuildBatch,
    ];
    let does = format!("changes the gate's rule in the project `{deploys}`");
    actions.map(|action| release(&[(action, project.clone())], does.clone())).into()
}

/// The roles of the rule's own pipeline and of its deployment, by name. The project of the
/// deployment has the same name (templates/rule-pipeline.yaml).
pub(crate) fn rule_roles(scope: &Scope) -> [String; 2] {
    let gate = scope.gate.name();
    [format!("{gate}-rule"), format!("{gate}-rule-deploy")]
}

/// Artifacts between the approval and the deployment. The key of an object begins with the first 20
/// characters of the pipeline's name (seen: AWS re:Post, "Code pipeline truncates folder names in
/// output artifact S3 bucket"), and jobs name no version of it (tests/recorded: `location`).
fn artifacts(account: &Account) -> impl Fn(&Artifacts) -> Vec<Way> {
    let beginning = format!("arn:{}:s3:::", account.partition);
    move |Artifacts { bucket, pipeline }| {
        let folder: String = pipeline.iter().flat_map(|name| name.chars().take(20)).collect();
        let objects = format!("{beginning}{bucket}/{folder}");
        let objects = Frame::new(&[FramePart::Text(&objects), FramePart::Anything]);
        let whole = Frame::new(&[FramePart::Text(&format!("{beginning}{bucket}"))]);
        vec![
            release(
                &[(Action::PutObject, objects)],
                format!("replaces artifacts in `{bucket}` after the approval"),
            ),
            release(
                &[(Action::PutBucketPolicy, whole)],
                format!("lets others replace artifacts in `{bucket}`"),
            ),
        ]
    }
}

/// The ways to release a target without the pipeline. The resources of the actions are those of the
/// Service Authorization Reference.
fn around(account: &Account, scope: &Scope, target: &Target) -> Vec<Way> {
    let arns = |service: &str, resource: &str| {
        scope.of_service(account, service, target.region.as_deref(), resource)
    };
    // Each action is a way.
    let each = |actions: &[Action], frame: Frame, does: String| -> Vec<Way> {
        actions.iter().map(|action| release(&[(*action, frame.clone())], does.clone())).collect()
    };
    match &target.kind {
        // An update keeps the role that the stack has, so no role is passed (CloudFormation API
        // reference, UpdateStack, `RoleARN`).
        TargetKind::Stack { name, is_prepared } => {
            let stack = || arns("cloudformation", &format!("stack/{name}/*"));
            let does = format!("changes the stack `{name}`");
            let mut ways = each(&[Action::UpdateStack], stack(), does.clone());
            ways.push(match is_prepared {
                true => release(
                    &[(Action::ExecuteChangeSet, stack())],
                    format!("executes the change set of `{name}` that waits for approval"),
                ),
                false => release(
                    &[(Action::CreateChangeSet, stack()), (Action::ExecuteChangeSet, stack())],
                    does,
                ),
            });
            ways
        }
        TargetKind::StackSet(name) => each(
            &[Action::UpdateStackSet],
            arns("cloudformation", &format!("stackset/{name}:*")),
            format!("changes the stack set `{name}`"),
        ),
        // Builds can be started with other commands than those of the project (CodeBuild API
        // reference, StartBuild, `buildspecOverride`).
        TargetKind::Project(name) => each(
            &[Action::UpdateProject, Action::StartBuild, Action::StartBuildBatch],
            arns("codebuild", &format!("project/{name}")),
            format!("runs other commands in the project `{name}` behind the gate"),
        ),
        TargetKind::DeploymentGroup { application, group } => each(
            &[Action::CreateDeployment],
            arns("codedeploy", &format!("deploymentgroup:{application}/{group}")),
            format!("deploys to `{application}/{group}`"),
        ),
        TargetKind::Service { cluster, service } => each(
            &[Action::UpdateTaskService],
            arns("ecs", &format!("service/{cluster}/{service}")),
            format!("deploys the service `{service}`"),
        ),
        TargetKind::Bucket(name) => {
            let objects = format!("arn:{}:s3:::{name}/", account.partition);
            let objects = Frame::new(&[FramePart::Text(&objects), FramePart::Anything]);
            each(&[Action::PutObject], objects, format!("deploys files to `{name}`"))
        }
        TargetKind::Function(function) => {
            let what = format!("the function `{}`", function.name());
            let mut ways = changes_of(account, scope, function, &what);
            ways.iter_mut().for_each(|way| way.is_release = true);
            ways
        }
        TargetKind::Environment { application, environment } => each(
            &[Action::UpdateEnvironment],
            arns("elasticbeanstalk", &format!("environment/{application}/{environment}")),
            format!("deploys to the environment `{environment}`"),
        ),
        // "An access entry allows an IAM principal to access your cluster" (EKS API reference,
        // CreateAccessEntry), and an access policy gives it permissions there.
        TargetKind::Cluster(name) => vec![release(
            &[
                (Action::CreateAccessEntry, arns("eks", &format!("cluster/{name}"))),
                (Action::AssociateAccessPolicy, arns("eks", &format!("access-entry/{name}/*"))),
            ],
            format!("lets itself or others into the cluster `{name}`"),
        )],
        TargetKind::Configuration { application, environment } => each(
            &[Action::StartConfiguration],
            arns("appconfig", &format!("application/{application}/environment/{environment}")),
            format!("deploys another configuration to `{environment}`"),
        ),
        TargetKind::StateMachine(arn) => {
            let machine = Frame::new(&[FramePart::Text(arn)]);
            let name = arn.rsplit(':').next().unwrap_or(arn);
            let does = format!("runs the state machine `{name}` that deploys");
            each(&[Action::StartExecution, Action::UpdateStateMachine], machine, does)
        }
        TargetKind::Pipeline(name) => each(
            &[Action::StartPipelineExecution, Action::UpdateAnyPipeline],
            arns("codepipeline", name),
            format!("runs the pipeline `{name}` that deploys"),
        ),
    }
}

fn release(needs: &[(Action, Frame)], does: String) -> Way {
    let needs =
        needs.iter().map(|(action, frame)| Need { action: *action, frames: vec![frame.clone()] });
    Way { needs: needs.collect(), does, is_release: true }
}

/// The resources on which an action matters. `None` if every resource does, because other parts of
/// the audit ask about each separately.
pub(crate) fn frames(
    account: &Account,
    scope: &Scope,
    ways: &[Way],
    action: Action,
) -> Option<Vec<Frame>> {
    if action.on() == On::Anything {
        return None;
    }
    let needs = ways.iter().flat_map(|way| &way.needs).filter(|need| need.action == action);
    let mut frames: Vec<Frame> = needs.flat_map(|need| need.frames.iter().cloned()).collect();
    if action.on() != On::Released {
        frames.push(scope.resources(account, action.on()));
    }
    Some(frames)
}
