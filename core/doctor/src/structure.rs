//! The declaration of a pipeline: `PipelineDeclaration` of the CodePipeline API model, as far as
//! the checks need it. Other keys are ignored: AWS may add some at any time.

use std::collections::BTreeMap;

use rule::ActionKind;
use serde::{Deserialize, Deserializer};
use serde_with::{As, DefaultOnNull};

/// How long a manual approval waits by default: seven days (CodePipeline User Guide, "Quotas").
pub const DEFAULT_TIMEOUT_MINUTES: u32 = 7 * 24 * 60;

/// The `runOrder` of an action that has none (CodePipeline User Guide, "Action declaration").
pub const FIRST_RUN_ORDER: u32 = 1;

fn first_run_order() -> u32 {
    FIRST_RUN_ORDER
}

fn run_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(FIRST_RUN_ORDER))
}

/// Treats `null` as absent. Programs that use other SDKs than the AWS CLI print every member.
type OrDefault = As<DefaultOnNull>;

/// The declaration of a pipeline.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Structure {
    /// The name of the pipeline.
    pub name: String,
    /// The stages, first to last.
    pub stages: Vec<Stage>,
    /// How executions that are in the pipeline at the same time affect each other.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub execution_mode: ExecutionMode,
    /// `V1` or `V2`. `None` is `V1` (CodePipeline API reference, `PipelineDeclaration`).
    pub pipeline_type: Option<String>,
    /// The role that CodePipeline assumes for it.
    pub role_arn: Option<String>,
    /// The bucket of the artifacts, if there is one for all regions.
    #[serde(default, deserialize_with = "crate::buckets::read")]
    pub artifact_store: Vec<String>,
    /// The buckets of the artifacts, if there is one for each region.
    #[serde(default, deserialize_with = "crate::buckets::read")]
    pub artifact_stores: Vec<String>,
}

/// How executions that are in the pipeline at the same time affect each other (CodePipeline User
/// Guide, "How pipeline executions work").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionMode {
    /// A newer execution replaces an older one that waits for the same stage.
    #[default]
    Superseded,
    /// Executions run one by one, in order.
    Queued,
    /// Executions do not wait for each other.
    Parallel,
}

/// A stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Its name, which is unique in the pipeline.
    pub name: String,
    /// Its actions.
    pub actions: Vec<Action>,
    /// Conditions that are evaluated before the stage begins.
    pub before_entry: Option<Conditions>,
    /// Conditions that are evaluated when the stage has succeeded.
    pub on_success: Option<Conditions>,
    /// What happens when the stage fails.
    pub on_failure: Option<OnFailure>,
}

/// An action.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Its name, which is unique in the stage.
    pub name: String,
    /// What it does.
    pub action_type_id: ActionTypeId,
    /// Its place in the stage; actions with the same number run at the same time.
    #[serde(default = "first_run_order", deserialize_with = "run_order")]
    pub run_order: u32,
    /// The settings of its type, such as `FunctionName` and `UserParameters`.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub configuration: BTreeMap<String, String>,
    /// What it reads.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub input_artifacts: Vec<Artifact>,
    /// What it makes.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub output_artifacts: Vec<Artifact>,
    /// How long a manual approval waits, if not [`DEFAULT_TIMEOUT_MINUTES`].
    pub timeout_in_minutes: Option<u32>,
    /// The role that CodePipeline assumes for it, if it is not the pipeline's.
    pub role_arn: Option<String>,
    /// Its region, if it is not the pipeline's.
    pub region: Option<String>,
    /// Whether the user says that it deploys.
    #[serde(skip)]
    pub is_named_deployment: bool,
    /// Whether its template says that it runs `aws codepipeline update-pipeline`.
    #[serde(skip)]
    pub updates_pipelines: bool,
}

/// The type of an action.
#[derive(Clone, Debug, Deserialize)]
pub struct ActionTypeId {
    /// `Source`, `Build`, `Test`, `Deploy`, `Approval`, `Invoke` or `Compute`.
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// The service, for example `Lambda`.
    pub provider: String,
}

/// Files that one action makes and others read.
#[derive(Clone, Debug, Deserialize)]
pub struct Artifact {
    /// Its name, which is unique in the pipeline.
    pub name: String,
}

/// What happens when a stage fails.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnFailure {
    /// `ROLLBACK`, `FAIL`, `RETRY` or `SKIP`.
    pub result: Option<String>,
    /// Which actions an automatic retry runs again.
    pub retry_configuration: Option<RetryConfiguration>,
    /// Conditions that are evaluated when the stage has failed.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub conditions: Vec<Condition>,
}

/// Which actions an automatic retry runs again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfiguration {
    /// `FAILED_ACTIONS` or `ALL_ACTIONS`.
    pub retry_mode: Option<String>,
}

/// The conditions of `beforeEntry` or `onSuccess`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Conditions {
    /// The conditions.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub conditions: Vec<Condition>,
}

/// A condition of a stage.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Condition {
    /// What happens if it is not met: `ROLLBACK`, `FAIL`, `RETRY` or `SKIP`.
    pub result: Option<String>,
    /// What has to be true.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub rules: Vec<ConditionRule>,
}

/// `RuleDeclaration`: one question of a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionRule {
    /// Its name.
    pub name: String,
    /// What answers it.
    pub rule_type_id: RuleTypeId,
    /// The settings of its type, such as `FunctionName`.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub configuration: BTreeMap<String, String>,
}

/// The type of a condition's rule.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleTypeId {
    /// The service, for example `LambdaInvoke`.
    pub provider: String,
}

impl ExecutionMode {
    /// Reads the word that AWS uses. `None` if it is unknown.
    pub fn from_aws(text: &str) -> Option<Self> {
        match text {
            "SUPERSEDED" => Some(Self::Superseded),
            "QUEUED" => Some(Self::Queued),
            "PARALLEL" => Some(Self::Parallel),
            _ => None,
        }
    }
}

impl Stage {
    /// Every condition of the stage, each with the key under which it stands, such as
    /// `beforeEntry`.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &Condition)> {
        let entry = self.before_entry.iter().flat_map(|entry| &entry.conditions);
        let success = self.on_success.iter().flat_map(|success| &success.conditions);
        let failure = self.on_failure.iter().flat_map(|failure| &failure.conditions);
        let entry = entry.map(|condition| ("beforeEntry", condition));
        let success = success.map(|condition| ("onSuccess", condition));
        entry.chain(success).chain(failure.map(|condition| ("onFailure", condition)))
    }

    /// The key that makes the stage end in this result by itself, or `None` if no key does. Results
    /// are `ROLLBACK`, `FAIL`, `RETRY` and `SKIP`.
    pub fn ends_in(&self, result: &str) -> Option<&'static str> {
        let failure = self.on_failure.as_ref().and_then(|failure| failure.result.as_deref());
        if failure == Some(result) {
            return Some("onFailure");
        }
        self.conditions()
            .find(|(_, condition)| condition.result.as_deref() == Some(result))
            .map(|(when, _)| when)
    }
}

impl Action {
    /// What the rule calls it: a manual approval or not.
    pub fn kind(&self) -> ActionKind {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        ActionKind::from_type_id(Some(category), Some(owner), Some(provider))
    }

    /// Whether it changes what runs in production, as far as its declaration or the user says.
    ///
    /// Actions of category Deploy do, except a CloudFormation action that only prepares a change
    /// set (CodePipeline User Guide, "CloudFormation deploy action reference": `ActionMode`):
    /// people approve what it prepares. An action that starts another pipeline or a state machine
    /// does too (CodePipeline User Guide, "AWS CodePipeline invoke action reference" and "AWS Step
    /// Functions invoke action reference"): what it starts does not ask this pipeline's gate.
    pub fn deploys(&self) -> bool {
        let ActionTypeId { category, provider, .. } = &self.action_type_id;
        let starts =
            category == "Invoke" && matches!(provider.as_str(), "CodePipeline" | "StepFunctions");
        self.is_named_deployment || (category == "Deploy" && !self.prepares()) || starts
    }

    /// Whether it only prepares a change set.
    pub(crate) fn prepares(&self) -> bool {
        self.action_type_id.provider == "CloudFormation"
            && self.configuration.get("ActionMode").map(String::as_str)
                == Some("CHANGE_SET_REPLACE")
    }

    /// Whether it runs a Lambda function.
    pub(crate) fn runs_function(&self) -> bool {
        self.action_type_id.category == "Invoke" && self.action_type_id.provider == "Lambda"
    }

    /// `Category/Owner/Provider`.
    pub fn kind_in_words(&self) -> String {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        format!("{category}/{owner}/{provider}")
    }
}
