//! Saved output of the AWS CLI: the two lists that `evidence` also reads, GetPipelineExecution and
//! GetPipelineState.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::sight::{Known, RetriedBy, StageState, StateRun};
use crate::read::OrDefault;
use crate::{SavedError, read_saved, time};

/// Why a file is not output of the AWS CLI.
#[derive(Debug, thiserror::Error)]
pub enum SavedFactsError {
    /// Not JSON.
    #[error("it is not JSON; save it with `--output json`")]
    NotJson(#[source] serde_json::Error),
    /// It has `stageStates`, and they are malformed.
    #[error("it is not the output of `aws codepipeline get-pipeline-state`")]
    State(#[source] serde_json::Error),
    /// Not one of the lists either.
    #[error(transparent)]
    List(#[from] SavedError),
}

/// Adds the contents of one file to what is known.
///
/// # Errors
/// [`SavedFactsError`] if it is not one of these outputs.
pub fn read(json: &str, known: &mut Known) -> Result<(), SavedFactsError> {
    let file: Value = serde_json::from_str(json).map_err(SavedFactsError::NotJson)?;
    if file.get("stageStates").is_some() {
        let state: State = serde_json::from_value(file).map_err(SavedFactsError::State)?;
        known.state = Some(state.stage_states.into_iter().map(Stage::read).collect());
        return Ok(());
    }
    if let Some(execution) = file.get("pipelineExecution") {
        // It has the members of a summary that we need.
        let list = serde_json::json!({"pipelineExecutionSummaries": [execution]});
        read_saved(&list.to_string(), &mut known.history)?;
        return Ok(());
    }
    read_saved(json, &mut known.history)?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    stage_states: Vec<Stage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    action_states: Vec<Action>,
    latest_execution: Option<StageExecution>,
    retry_stage_metadata: Option<Retry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StageExecution {
    pipeline_execution_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    latest_retry_trigger: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    latest_execution: Option<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    action_execution_id: Option<String>,
    last_updated_by: Option<String>,
    #[serde(default, deserialize_with = "time")]
    last_status_change: Option<Timestamp>,
    token: Option<String>,
}

impl Stage {
    fn read(self) -> StageState {
        let runs = self.action_states.into_iter().filter_map(|action| action.latest_execution);
        let retried_by = self.retry_stage_metadata.and_then(|retry| retry.latest_retry_trigger);
        StageState {
            execution_id: self
                .latest_execution
                .and_then(|execution| execution.pipeline_execution_id),
            retried_by: retried_by.as_deref().map(RetriedBy::from_trigger),
            runs: runs
                .map(|run| StateRun {
                    id: run.action_execution_id,
                    updated_by: run.last_updated_by,
                    changed: run.last_status_change,
                    token: run.token,
                })
                .collect(),
        }
    }
}
