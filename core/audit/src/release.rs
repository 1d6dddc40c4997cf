//! What pipelines release, and with which roles, as far as the user or the pipelines' files say.

use iam::account::{Account, RoleIx};
use names::{Arn, FunctionRef};

/// What pipelines release behind the gate, and with which roles.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// The roles of the pipelines and of their deployments that the user names, by name or ARN. The
    /// account must have each.
    pub deploy_roles: Vec<String>,
    /// The same for the ARNs that files of pipelines name. Some may be of other accounts.
    pub roles_of_files: Vec<String>,
    /// Whether the roles of the pipelines are known. If not, every role that CodePipeline may
    /// assume counts as one.
    pub are_roles_known: bool,
    /// The buckets of the pipelines' artifacts.
    pub artifacts: Vec<Artifacts>,
    /// What the actions behind the gate change or start.
    pub targets: Vec<Target>,
    /// The desk's function, if there is a desk.
    pub desk_function: Option<FunctionRef>,
    /// The function of the rule's `reviews`.
    pub reviews_function: Option<FunctionRef>,
}

/// Artifacts of a pipeline: what one action makes and a later one deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The name of the bucket.
    pub bucket: String,
    /// The name of the pipeline, if it is known.
    pub pipeline: Option<String>,
}

/// What an action behind the gate changes or starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its kind and its name.
    pub kind: TargetKind,
    /// Its region; `None` for those of the scope.
    pub region: Option<String>,
}

/// The kind and the name of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A stack of CloudFormation.
    Stack {
        /// Its name.
        name: String,
        /// Whether an action before the gate makes a change set for it.
        is_prepared: bool,
    },
    /// A stack set of CloudFormation, by name.
    StackSet(String),
    /// A project of CodeBuild, by name.
    Project(String),
    /// A deployment group of CodeDeploy.
    DeploymentGroup {
        /// The name of its application.
        application: String,
        /// Its own name.
        group: String,
    },
    /// A service of ECS.
    Service {
        /// The name of its cluster.
        cluster: String,
        /// Its own name.
        service: String,
    },
    /// A bucket that files are deployed to, by name.
    Bucket(String),
    /// A Lambda function that is deployed.
    Function(FunctionRef),
    /// An environment of Elastic Beanstalk.
    Environment {
        /// The name of its application.
        application: String,
        /// Its own name.
        environment: String,
    },
    /// A cluster of EKS, by name.
    Cluster(String),
    /// An environment of AppConfig.
    Configuration {
        /// The id of its application.
        application: String,
        /// Its own id.
        environment: String,
    },
    /// A state machine, by ARN.
    StateMachine(String),
    /// Another pipeline, by name.
    Pipeline(String),
}

/// The role with this name or ARN. Names of roles are unique without regard to case.
pub(crate) fn named_role(account: &Account, named: &str) -> Option<RoleIx> {
    let mut roles = account.roles_by_ix();
    if Arn::parse(named).is_some() {
        return roles.find(|(_, role)| role.identity.arn == named).map(|(at, _)| at);
    }
    let found = roles.find(|(_, role)| role.identity.name.eq_ignore_ascii_case(named));
    found.map(|(at, _)| at)
}
