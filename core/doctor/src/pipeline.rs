//! A pipeline's structure, as `aws codepipeline get-pipeline` prints it and as the SDK gives it:
//! one type for both.
//!
//! `PipelineDeclaration` of the CodePipeline API model, as far as the checks need it. Other keys
//! are AWS's to add, and are passed over.

use std::collections::BTreeMap;

use rule::ActionKind;
use serde::Deserialize;
use serde_json::Value;

/// How long a manual approval waits where nothing else is said: seven days (CodePipeline User
/// Guide, "Quotas").
pub const DEFAULT_TIMEOUT_MINUTES: u32 = 7 * 24 * 60;

/// The order of an action that says nothing of it (CodePipeline User Guide, "Action declaration").
pub const FIRST_RUN_ORDER: u32 = 1;

fn first_run_order() -> u32 {
    FIRST_RUN_ORDER
}

/// Why a text is no pipeline.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(
        "it is not the JSON that `aws codepipeline get-pipeline` prints; print it with `--output json`"
    )]
    NotJson(#[source] serde_json::Error),
    #[error(
        "it is not what `aws codepipeline get-pipeline` prints: there is no `pipeline` with a `name` and \
         `stages`"
    )]
    NotAPipeline,
    #[error(
        "it is a template, and not a pipeline; deploy it, and give what `aws codepipeline get-pipeline` prints, or the pipeline's name"
    )]
    Template,
    #[error("its `pipeline` is not one, at `{place}`")]
    Form { place: String, source: serde_json::Error },
    #[error("its `metadata.pipelineArn` is `{arn}`, which is not the ARN of a pipeline `{name}`")]
    Arn { arn: String, name: String },
}

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub arn: String,
    pub structure: Structure,
}

/// What is declared of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Structure {
    pub name: String,
    pub stages: Vec<Stage>,
    #[serde(default)]
    pub execution_mode: ExecutionMode,
}

/// What becomes of several executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionMode {
    #[default]
    Superseded,
    Queued,
    Parallel,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    pub name: String,
    pub actions: Vec<Action>,
    pub before_entry: Option<Conditions>,
    pub on_success: Option<Conditions>,
    pub on_failure: Option<OnFailure>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    pub name: String,
    pub action_type_id: ActionTypeId,
    #[serde(default = "first_run_order")]
    pub run_order: u32,
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    #[serde(default)]
    pub input_artifacts: Vec<Artifact>,
    #[serde(default)]
    pub output_artifacts: Vec<Artifact>,
    pub timeout_in_minutes: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ActionTypeId {
    pub category: String,
    pub owner: String,
    pub provider: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Artifact {
    pub name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnFailure {
    pub result: Option<String>,
    pub retry_configuration: Option<RetryConfiguration>,
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfiguration {
    pub retry_mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Conditions {
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Condition {
    pub result: Option<String>,
    #[serde(default)]
    pub rules: Vec<ConditionRule>,
}

/// `RuleDeclaration`: what a condition asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionRule {
    pub name: String,
    pub rule_type_id: RuleTypeId,
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RuleTypeId {
    pub provider: String,
}

impl Pipeline {
    /// `arn` is what AWS says it is. Without one, region and account are wildcards: they are not in
    /// the declaration.
    pub fn new(arn: Option<String>, structure: Structure) -> Result<Self, PipelineError> {
        let name = &structure.name;
        let arn = arn.unwrap_or_else(|| format!("arn:aws:codepipeline:*:*:{name}"));
        let fields: Vec<&str> = arn.split(':').collect();
        match fields.as_slice() {
            ["arn", _, "codepipeline", _, _, last] if last == name => Ok(Self { arn, structure }),
            _ => Err(PipelineError::Arn { arn, name: name.clone() }),
        }
    }

    /// Reads what `aws codepipeline get-pipeline` prints, or the pipeline in it alone.
    ///
    /// # Errors
    /// [`PipelineError`] when it is anything else.
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

    pub fn name(&self) -> &str {
        &self.structure.name
    }

    /// The account that it is of: `arn:P:codepipeline:REGION:ACCT:PIPELINE`.
    pub fn account(&self) -> Option<&str> {
        self.arn
            .split(':')
            .nth(4)
            .filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
    }

    pub fn stages(&self) -> &[Stage] {
        &self.structure.stages
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE` (Service Authorization Reference,
    /// CodePipeline).
    pub fn stage_arn(&self, stage: &Stage) -> String {
        format!("{}/{}", self.arn, stage.name)
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`.
    pub fn action_arn(&self, stage: &Stage, action: &Action) -> String {
        format!("{}/{}/{}", self.arn, stage.name, action.name)
    }
}

/// Whether a text that is not JSON is a template of CloudFormation in YAML, or a configuration of
/// Terraform.
fn is_template_text(text: &str) -> bool {
    let marks = ["AWSTemplateFormatVersion", "Resources:", "resource \"aws_", "module \""];
    text.lines().any(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)))
}

impl ExecutionMode {
    /// As AWS writes it.
    pub fn of(text: &str) -> Option<Self> {
        match text {
            "SUPERSEDED" => Some(Self::Superseded),
            "QUEUED" => Some(Self::Queued),
            "PARALLEL" => Some(Self::Parallel),
            _ => None,
        }
    }
}

impl Stage {
    /// Every condition of the stage, with when it is asked.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &Condition)> {
        let entry = self.before_entry.iter().flat_map(|entry| &entry.conditions);
        let success = self.on_success.iter().flat_map(|success| &success.conditions);
        let failure = self.on_failure.iter().flat_map(|failure| &failure.conditions);
        let entry = entry.map(|condition| ("beforeEntry", condition));
        let success = success.map(|condition| ("onSuccess", condition));
        entry.chain(success).chain(failure.map(|condition| ("onFailure", condition)))
    }

    /// Whether, and when, the stage ends in this result by itself: `ROLLBACK`, `FAIL`, `RETRY` or
    /// `SKIP`.
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
    /// Whether it is a manual approval: in the words of the rule, which counts them.
    pub fn kind(&self) -> ActionKind {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        ActionKind::from_type_id(Some(category), Some(owner), Some(provider))
    }

    /// Whether it changes what runs in production, as far as its declaration tells.
    ///
    /// Category Deploy, but for a CloudFormation action that prepares a change set and executes
    /// none (CodePipeline User Guide, "CloudFormation deploy action reference": `ActionMode`):
    /// people approve what it prepared. And an action that starts another pipeline, with what this
    /// one has made (CodePipeline User Guide, "AWS CodePipeline invoke action reference").
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
