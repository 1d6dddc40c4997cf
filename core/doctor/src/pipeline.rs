//! A pipeline's structure, in one type for what `aws codepipeline get-pipeline` prints and for what
//! the SDK gives.
//!
//! This is `PipelineDeclaration` of the CodePipeline API model, as far as the checks need it. Other
//! keys are ignored: AWS may add some at any time.

use std::collections::BTreeMap;

use names::{AccountId, Arn};
use rule::ActionKind;
use serde::Deserialize;
use serde_json::Value;

/// How long a manual approval waits by default: seven days (CodePipeline User Guide, "Quotas").
pub const DEFAULT_TIMEOUT_MINUTES: u32 = 7 * 24 * 60;

/// The `runOrder` of an action that has none (CodePipeline User Guide, "Action declaration").
pub const FIRST_RUN_ORDER: u32 = 1;

fn first_run_order() -> u32 {
    FIRST_RUN_ORDER
}

/// Why a text is not a pipeline.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Text that is not JSON.
    #[error(
        "it is not the JSON that `aws codepipeline get-pipeline` prints; print it with `--output json`"
    )]
    NotJson(#[source] serde_json::Error),
    /// JSON of something else.
    #[error(
        "it is not what `aws codepipeline get-pipeline` prints: a `pipeline` with a `name` and `stages` is \
         missing"
    )]
    NotAPipeline,
    /// A CloudFormation template or a Terraform configuration.
    #[error(
        "it is a template, not a pipeline; deploy it, and give what `aws codepipeline get-pipeline` prints, or the pipeline's name"
    )]
    Template,
    /// A pipeline with a wrong value.
    #[error("its `pipeline` is not valid, at `{place}`")]
    Form {
        /// The path to the value.
        place: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An ARN of something else.
    #[error("its `metadata.pipelineArn` is `{arn}`, which is not the ARN of a pipeline `{name}`")]
    Arn {
        /// The ARN as it was given.
        arn: String,
        /// The name of the pipeline.
        name: String,
    },
}

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its ARN, or a pattern if the file has none; see [`Pipeline::new`].
    pub arn: String,
    /// Its declaration.
    pub structure: Structure,
}

/// The declaration of a pipeline.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Structure {
    /// The name of the pipeline.
    pub name: String,
    /// The stages, first to last.
    pub stages: Vec<Stage>,
    /// How executions that are in the pipeline at the same time affect each other.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
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
    #[serde(default = "first_run_order")]
    pub run_order: u32,
    /// The settings of its type, such as `FunctionName` and `UserParameters`.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// What it reads.
    #[serde(default)]
    pub input_artifacts: Vec<Artifact>,
    /// What it makes.
    #[serde(default)]
    pub output_artifacts: Vec<Artifact>,
    /// How long a manual approval waits, if not [`DEFAULT_TIMEOUT_MINUTES`].
    pub timeout_in_minutes: Option<u32>,
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
    #[serde(default)]
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
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// A condition of a stage.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Condition {
    /// What happens if it is not met: `ROLLBACK`, `FAIL`, `RETRY` or `SKIP`.
    pub result: Option<String>,
    /// What has to be true.
    #[serde(default)]
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
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
}

/// The type of a condition's rule.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleTypeId {
    /// The service, for example `LambdaInvoke`.
    pub provider: String,
}

impl Pipeline {
    /// A pipeline and its ARN. If `arn` is `None`, its region and account are wildcards, as the
    /// declaration has neither.
    ///
    /// # Errors
    /// [`PipelineError::Arn`] if the ARN is not one of a pipeline of that name.
    pub fn new(arn: Option<String>, structure: Structure) -> Result<Self, PipelineError> {
        let name = &structure.name;
        let arn = arn.unwrap_or_else(|| format!("arn:aws:codepipeline:*:*:{name}"));
        match Arn::parse(&arn) {
            Some(Arn { service: "codepipeline", resource, .. }) if resource == name => {
                Ok(Self { arn, structure })
            }
            Some(_) | None => Err(PipelineError::Arn { arn, name: name.clone() }),
        }
    }

    /// Reads what `aws codepipeline get-pipeline` prints, with or without `--query pipeline`.
    ///
    /// # Errors
    /// [`PipelineError`] if it is anything else.
    pub fn from_json(json: &str) -> Result<Self, PipelineError> {
        let mut file: Value =
            serde_json::from_str(json).map_err(|error| match is_template_text(json) {
                true => PipelineError::Template,
                false => PipelineError::NotJson(error),
            })?;
        if file.get("Resources").is_some_and(Value::is_object) {
            return Err(PipelineError::Template);
        }
        let is_pipeline =
            |value: &Value| value.get("name").is_some() && value.get("stages").is_some();
        let arn = file.pointer("/metadata/pipelineArn").and_then(Value::as_str).map(str::to_owned);
        let pipeline = match file.get_mut("pipeline").map(Value::take) {
            Some(pipeline) => pipeline,
            // What `--query pipeline` prints.
            None => file,
        };
        if !is_pipeline(&pipeline) {
            return Err(PipelineError::NotAPipeline);
        }
        let structure = serde_path_to_error::deserialize(pipeline).map_err(|error| {
            PipelineError::Form { place: error.path().to_string(), source: error.into_inner() }
        })?;
        Self::new(arn, structure)
    }

    /// The name of the pipeline.
    pub fn name(&self) -> &str {
        &self.structure.name
    }

    /// The account of its ARN; `None` if that is a wildcard.
    pub fn account(&self) -> Option<AccountId> {
        Arn::parse(&self.arn)?.account_id()
    }

    /// The stages, first to last.
    pub fn stages(&self) -> &[Stage] {
        &self.structure.stages
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE` (Service Authorization Reference, "Resource
    /// types defined by AWS CodePipeline").
    pub fn stage_arn(&self, stage: &Stage) -> String {
        format!("{}/{}", self.arn, stage.name)
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`.
    pub fn action_arn(&self, stage: &Stage, action: &Action) -> String {
        format!("{}/{}/{}", self.arn, stage.name, action.name)
    }
}

/// Whether a text that is not JSON is a CloudFormation template in YAML or a Terraform
/// configuration.
fn is_template_text(text: &str) -> bool {
    let marks = ["AWSTemplateFormatVersion", "Resources:", "resource \"aws_", "module \""];
    text.lines().any(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)))
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

    /// Whether it changes what runs in production, as far as its declaration shows.
    ///
    /// Actions of category Deploy do, except a CloudFormation action that only prepares a change
    /// set (CodePipeline User Guide, "CloudFormation deploy action reference": `ActionMode`):
    /// people approve what it prepares. An action that starts another pipeline does too
    /// (CodePipeline User Guide, "AWS CodePipeline invoke action reference").
    pub fn deploys(&self) -> bool {
        let prepares = self.action_type_id.provider == "CloudFormation"
            && self.configuration.get("ActionMode").map(String::as_str)
                == Some("CHANGE_SET_REPLACE");
        let starts_another = self.action_type_id.category == "Invoke"
            && self.action_type_id.provider == "CodePipeline";
        (self.action_type_id.category == "Deploy" && !prepares) || starts_another
    }

    /// `Category/Owner/Provider`.
    pub fn kind_in_words(&self) -> String {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        format!("{category}/{owner}/{provider}")
    }
}
