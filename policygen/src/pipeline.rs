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
pub(crate) const DEFAULT_TIMEOUT_MINUTES: u32 = 7 * 24 * 60;

/// The order of an action that says nothing of it (CodePipeline User Guide, "Action declaration").
pub(crate) const FIRST_RUN_ORDER: u32 = 1;

fn first_run_order() -> u32 {
    FIRST_RUN_ORDER
}

/// Why a text is no pipeline.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipelineError {
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
pub(crate) struct Pipeline {
    pub(crate) arn: String,
    pub(crate) structure: Structure,
}

/// What is declared of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Structure {
    pub(crate) name: String,
    pub(crate) stages: Vec<Stage>,
    #[serde(default)]
    pub(crate) execution_mode: ExecutionMode,
}

/// What becomes of several executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ExecutionMode {
    #[default]
    Superseded,
    Queued,
    Parallel,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
    pub(crate) before_entry: Option<Conditions>,
    pub(crate) on_success: Option<Conditions>,
    pub(crate) on_failure: Option<OnFailure>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) action_type_id: ActionTypeId,
    #[serde(default = "first_run_order")]
    pub(crate) run_order: u32,
    #[serde(default)]
    pub(crate) configuration: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) input_artifacts: Vec<Artifact>,
    #[serde(default)]
    pub(crate) output_artifacts: Vec<Artifact>,
    pub(crate) timeout_in_minutes: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ActionTypeId {
    pub(crate) category: String,
    pub(crate) owner: String,
    pub(crate) provider: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OnFailure {
    pub(crate) result: Option<String>,
    pub(crate) retry_configuration: Option<RetryConfiguration>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryConfiguration {
    pub(crate) retry_mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Conditions {
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Condition {
    pub(crate) result: Option<String>,
    #[serde(default)]
    pub(crate) rules: Vec<ConditionRule>,
}

/// `RuleDeclaration`: what a condition asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConditionRule {
    pub(crate) name: String,
    pub(crate) rule_type_id: RuleTypeId,
    #[serde(default)]
    pub(crate) configuration: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RuleTypeId {
    pub(crate) provider: String,
}

impl Pipeline {
    /// `arn` is what AWS says it is. Without one, region and account are wildcards: they are not in
    /// the declaration.
    pub(crate) fn new(arn: Option<String>, structure: Structure) -> Result<Self, PipelineError> {
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
    pub(crate) fn from_json(json: &str) -> Result<Self, PipelineError> {
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

    pub(crate) fn name(&self) -> &str {
        &self.structure.name
    }

    /// The account that it is of: `arn:P:codepipeline:REGION:ACCT:PIPELINE`.
    pub(crate) fn account(&self) -> Option<&str> {
        self.arn
            .split(':')
            .nth(4)
            .filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
    }

    pub(crate) fn stages(&self) -> &[Stage] {
        &self.structure.stages
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE` (Service Authorization Reference,
    /// CodePipeline).
    pub(crate) fn stage_arn(&self, stage: &Stage) -> String {
        format!("{}/{}", self.arn, stage.name)
    }

    /// `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`.
    pub(crate) fn action_arn(&self, stage: &Stage, action: &Action) -> String {
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
    pub(crate) fn of(text: &str) -> Option<Self> {
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
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&'static str, &Condition)> {
        let entry = self.before_entry.iter().flat_map(|entry| &entry.conditions);
        let success = self.on_success.iter().flat_map(|success| &success.conditions);
        let failure = self.on_failure.iter().flat_map(|failure| &failure.conditions);
        let entry = entry.map(|condition| ("beforeEntry", condition));
        let success = success.map(|condition| ("onSuccess", condition));
        entry.chain(success).chain(failure.map(|condition| ("onFailure", condition)))
    }

    /// Whether, and when, the stage ends in this result by itself: `ROLLBACK`, `FAIL`, `RETRY` or
    /// `SKIP`.
    pub(crate) fn ends_in(&self, result: &str) -> Option<&'static str> {
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
    pub(crate) fn kind(&self) -> ActionKind {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        ActionKind::of(Some(category), Some(owner), Some(provider))
    }

    /// Whether it changes what runs in production, as far as its declaration tells.
    ///
    /// Category Deploy, but for a CloudFormation action that prepares a change set and executes
    /// none (CodePipeline User Guide, "CloudFormation deploy action reference": `ActionMode`):
    /// people approve what it prepared. And an action that starts another pipeline, with what this
    /// one has made (CodePipeline User Guide, "AWS CodePipeline invoke action reference").
    pub(crate) fn deploys(&self) -> bool {
        let prepares = self.action_type_id.provider == "CloudFormation"
            && self.configuration.get("ActionMode").map(String::as_str)
                == Some("CHANGE_SET_REPLACE");
        let starts_another = self.action_type_id.category == "Invoke"
            && self.action_type_id.provider == "CodePipeline";
        (self.action_type_id.category == "Deploy" && !prepares) || starts_another
    }

    /// `Category/Owner/Provider`.
    pub(crate) fn kind_in_words(&self) -> String {
        let ActionTypeId { category, owner, provider } = &self.action_type_id;
        format!("{category}/{owner}/{provider}")
    }
}
