//! The structure of a pipeline, and AWS's checks of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{ApiError, ErrorCode};

/// The keys that the configuration of a Lambda action may have.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>
const LAMBDA_CONFIGURATION: [&str; 2] = ["FunctionName", "UserParameters"];
/// The key that decides the outcome of a simulated action. Its values are checked, because a typing
/// error would otherwise succeed.
const RESULTS: [&str; 3] = ["Succeeded", "Failed", "FailedOnce"];

/// One version of a pipeline's structure.
///
/// The declaration is stored as it came, so `GetPipeline` shows everything, including what the
/// emulator ignores (triggers, conditions, …). The engine runs the typed view.
#[derive(Debug)]
pub struct Declaration {
    /// The declaration as `GetPipeline` shows it: the caller's, plus the version and AWS's
    /// defaults.
    pub raw: Value,
    /// Starts at 1. Each update adds one.
    pub version: u64,
    /// When the caller declared it.
    pub given: Timestamp,
    /// The typed view of `raw`.
    pub structure: Structure,
}

/// The members of a declaration that the engine uses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Structure {
    /// The pipeline's name.
    pub name: String,
    /// The role that CodePipeline assumes.
    pub role_arn: String,
    /// In the order of their execution.
    pub stages: Vec<Stage>,
    /// The behaviour of overlapping executions.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// The variables of the pipeline. An execution may set them when it starts.
    #[serde(default)]
    pub variables: Vec<PipelineVariable>,
}

/// The behaviour of overlapping executions of one pipeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionMode {
    /// One execution in a stage. The newest of those that wait before it supersedes the others.
    #[default]
    Superseded,
    /// One execution in a stage. Those that wait enter in the order of their start.
    Queued,
    /// Executions are independent of each other.
    Parallel,
}

/// A variable at pipeline level.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineVariable {
    /// Its name in `#{variables.NAME}`.
    pub name: String,
    /// Its value if the execution does not set it.
    pub default_value: Option<String>,
}

/// A stage.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Unique in the pipeline.
    pub name: String,
    /// In the order of the declaration. `run_order` decides when each runs.
    pub actions: Vec<Action>,
    on_failure: Option<OnFailure>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnFailure {
    result: Option<String>,
    retry_configuration: Option<RetryConfiguration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RetryConfiguration {
    retry_mode: Option<RetryMode>,
}

/// The actions that a retry of a stage repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryMode {
    /// Only those that failed or were abandoned.
    #[default]
    FailedActions,
    /// All actions of the stage.
    AllActions,
}

/// An action.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Unique in the stage.
    pub name: String,
    /// Its type.
    pub action_type_id: ActionType,
    /// Actions with the same run order run in parallel, after those with a lower one.
    #[serde(default = "first_run_order")]
    pub run_order: u32,
    /// The settings of its provider.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// Its input artifacts.
    #[serde(default)]
    pub input_artifacts: Vec<ArtifactName>,
    /// Its output artifacts.
    #[serde(default)]
    pub output_artifacts: Vec<ArtifactName>,
    /// The namespace of its output variables.
    pub namespace: Option<String>,
    /// The role that AWS would assume for it.
    pub role_arn: Option<String>,
    /// The region in which AWS would run it.
    pub region: Option<String>,
    /// The time after which a manual approval fails.
    pub timeout_in_minutes: Option<i64>,
}

fn first_run_order() -> u32 {
    1
}

/// An action type, by the four parts that AWS documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActionType {
    /// `Source`, `Approval`, `Invoke`, …
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// `Manual`, `Lambda`, `S3`, …
    pub provider: String,
    /// The version of the action type, not of the pipeline.
    pub version: String,
}

/// The name of an artifact.
#[derive(Debug, Clone, Deserialize)]
pub struct ArtifactName {
    /// The name.
    pub name: String,
}

/// The engine's work for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Yields a synthetic revision at once.
    Source,
    /// Waits for a person.
    ManualApproval,
    /// Invokes the gate and waits for its report.
    Lambda,
    /// Succeeds at once, or fails if its configuration says so.
    Pretended,
}

impl Action {
    /// The engine's work for this action.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        let id = &self.action_type_id;
        match (id.category.as_str(), id.owner.as_str(), id.provider.as_str()) {
            ("Source", _, _) => ActionKind::Source,
            ("Approval", "AWS", "Manual") => ActionKind::ManualApproval,
            ("Invoke", "AWS", "Lambda") => ActionKind::Lambda,
            _ => ActionKind::Pretended,
        }
    }
}

impl Stage {
    /// The mode of the automatic retry after a failure, if the stage has one.
    #[must_use]
    pub fn automatic_retry(&self) -> Option<RetryMode> {
        let on_failure = self.on_failure.as_ref()?;
        (on_failure.result.as_deref() == Some("RETRY")).then(|| {
            let configured = on_failure.retry_configuration.as_ref();
            configured.and_then(|it| it.retry_mode).unwrap_or_default()
        })
    }

    /// An action by its name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name)
    }
}

impl Declaration {
    /// Checks a declaration as `CreatePipeline` and `UpdatePipeline` do.
    ///
    /// # Errors
    /// The fault that AWS would find in the structure.
    pub fn parse(mut raw: Value, version: u64, given: Timestamp) -> Result<Self, ApiError> {
        let structure: Structure = serde_json::from_value(raw.clone()).map_err(|error| {
            ErrorCode::Internal.because(format!("the pipeline could not be read: {error}"))
        })?;
        check_stages(&structure.stages)?;
        structure.stages.iter().try_for_each(check_actions)?;
        if let Some(members) = raw.as_object_mut() {
            members.insert("version".to_owned(), json!(version));
            members.insert("executionMode".to_owned(), json!(structure.execution_mode));
            members.entry("pipelineType").or_insert_with(|| json!("V1"));
        }
        let stages = raw.get_mut("stages").and_then(Value::as_array_mut);
        let actions = stages
            .into_iter()
            .flatten()
            .filter_map(|stage| stage.get_mut("actions")?.as_array_mut());
        actions.flatten().for_each(fill_in);
        Ok(Self { raw, version, given, structure })
    }

    /// A stage by its name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.structure.stages.iter().find(|stage| stage.name == name)
    }
}

/// The defaults that AWS adds to the declaration of an action.
fn fill_in(action: &mut Value) {
    if let Some(type_id) = action.get_mut("actionTypeId").and_then(Value::as_object_mut) {
        type_id.insert("__type".to_owned(), json!("ActionTypeId"));
    }
    let Some(members) = action.as_object_mut() else {
        return;
    };
    let defaults = [
        ("configuration", json!({})),
        ("inputArtifacts", json!([])),
        ("outputArtifacts", json!([])),
        ("runOrder", json!(first_run_order())),
    ];
    for (name, default) in defaults {
        members.entry(name).or_insert(default);
    }
}

fn check_stages(stages: &[Stage]) -> Result<(), ApiError> {
    if stages.len() < 2 {
        return Err(ErrorCode::InvalidStructure.because(format!(
            "Pipeline has {} stage(s). There should be a minimum of 2 stages in a pipeline",
            stages.len()
        )));
    }
    let mut names = BTreeSet::new();
    for (index, stage) in stages.iter().enumerate() {
        if !names.insert(&stage.name) {
            return Err(ErrorCode::InvalidStageDeclaration.because(format!(
                "Stage name '{}' must be unique within the pipeline",
                stage.name
            )));
        }
        for action in &stage.actions {
            let is_source = action.kind() == ActionKind::Source;
            if is_source != (index == 0) {
                let rule = if is_source {
                    "Source actions may only be in the first stage"
                } else {
                    "The first stage may only have Source actions"
                };
                return Err(ErrorCode::InvalidStructure.because(format!(
                    "{rule}: action '{}' in stage '{}' is of category {}",
                    action.name, stage.name, action.action_type_id.category
                )));
            }
        }
    }
    Ok(())
}

fn check_actions(stage: &Stage) -> Result<(), ApiError> {
    if stage.actions.is_empty() {
        return Err(ErrorCode::InvalidStageDeclaration
            .because(format!("Stage '{}' must have at least one action", stage.name)));
    }
    let mut names = BTreeSet::new();
    for action in &stage.actions {
        let name = &action.name;
        let configured = |key: &str| action.configuration.get(key);
        let lambda = action.kind() == ActionKind::Lambda;
        let known = |key: &&String| LAMBDA_CONFIGURATION.contains(&key.as_str());
        let unknown = action.configuration.keys().find(|key| lambda && !known(key));
        let told = configured("EmulatorResult");
        // What a source delivers is the revision of its artifact. The number:
        // <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-action-artifacts.html>
        let delivers = action.kind() != ActionKind::Source || !action.output_artifacts.is_empty();
        let problem = if !names.insert(name) {
            format!(
                "Action name '{name}' in stage '{}' must be unique within the stage",
                stage.name
            )
        } else if !delivers {
            format!(
                "Action {name} declares 0 output artifacts which is less than the minimum count (1)"
            )
        } else if lambda && configured("FunctionName").is_none() {
            format!(
                "Action configuration for action '{name}' is missing required configuration 'FunctionName'"
            )
        } else if let Some(key) = unknown {
            format!(
                "Action configuration for action '{name}' contains unknown configuration '{key}'"
            )
        } else if !told.is_none_or(|told| RESULTS.contains(&told.as_str())) {
            format!(
                "Action configuration for action '{name}': 'EmulatorResult', which only this emulator knows, must be \
                 Succeeded, Failed or FailedOnce"
            )
        } else {
            continue;
        };
        return Err(ErrorCode::InvalidActionDeclaration.because(problem));
    }
    Ok(())
}
