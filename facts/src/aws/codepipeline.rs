//! CodePipeline through the AWS SDK.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionInput, ActionExecutionStatus,
    PipelineExecution, StageState,
};
use jiff::Timestamp;
use rule::{ActionKind, Approver, Attempt, Initiator, Status};

use super::{call_error, sdk};
use crate::call::{CallError, Operation};
use crate::port::{CodePipeline, ExecutionPage, HistoryEntry, Ran, Started, StateEntry};

/// Reads CodePipeline through the AWS SDK.
#[derive(Clone, Debug)]
pub struct Reader(Client);

impl From<Client> for Reader {
    fn from(client: Client) -> Self {
        Self(client)
    }
}

impl Reader {
    pub(super) fn client(&self) -> &Client {
        &self.0
    }
}

impl CodePipeline for Reader {
    async fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        let reply = self
            .0
            .list_action_executions()
            .pipeline_name(pipeline)
            .filter(ActionExecutionFilter::builder().pipeline_execution_id(execution_id).build())
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(Operation::LIST_ACTION_EXECUTIONS, &error))?;
        // INVARIANT (fail closed): a reply without the list is an error, not an empty history.
        let details = reply.action_execution_details.ok_or(missing(
            Operation::LIST_ACTION_EXECUTIONS,
            "`actionExecutionDetails` is missing",
        ))?;
        Ok(ExecutionPage {
            attempts: details.into_iter().map(history_entry).collect(),
            next_token: reply.next_token,
        })
    }

    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StateEntry>, CallError> {
        let reply = self
            .0
            .get_pipeline_state()
            .name(pipeline)
            .send()
            .await
            .map_err(|error| call_error(Operation::GET_PIPELINE_STATE, &error))?;
        let stages = reply
            .stage_states
            .ok_or(missing(Operation::GET_PIPELINE_STATE, "`stageStates` is missing"))?;
        Ok(stages.into_iter().flat_map(state_entries).collect())
    }

    async fn started(&self, pipeline: &str, execution_id: &str) -> Result<Started, CallError> {
        let reply = self
            .0
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution_id)
            .send()
            .await
            .map_err(|error| call_error(Operation::GET_PIPELINE_EXECUTION, &error))?;
        let execution = reply
            .pipeline_execution
            .ok_or(missing(Operation::GET_PIPELINE_EXECUTION, "`pipelineExecution` is missing"))?;
        Ok(started(execution))
    }
}

fn started(execution: PipelineExecution) -> Started {
    let trigger = execution.trigger.as_ref();
    let of_type = trigger.and_then(|trigger| trigger.trigger_type.as_ref());
    let detail = trigger.and_then(|trigger| trigger.trigger_detail.as_deref());
    let revisions = execution.artifact_revisions.unwrap_or_default();
    Started {
        initiator: Initiator::from_trigger(of_type.map(sdk::types::TriggerType::as_str), detail),
        revisions: revisions.into_iter().filter_map(|revision| revision.revision_id).collect(),
    }
}

fn missing(operation: Operation, problem: &'static str) -> CallError {
    CallError::Malformed { operation, problem }
}

fn state_entries(stage: StageState) -> impl Iterator<Item = StateEntry> {
    let execution_id = stage.latest_execution.map(|execution| execution.pipeline_execution_id);
    let actions = stage.action_states.unwrap_or_default().into_iter();
    actions.filter_map(move |action| {
        let run = action.latest_execution?;
        Some(StateEntry {
            stage: stage.stage_name.clone(),
            execution_id: execution_id.clone(),
            action: action.action_name,
            status: status(run.status.as_ref()),
            last_status_change: run.last_status_change.and_then(timestamp),
            awaits_answer: run.token.is_some(),
            action_execution_id: run.action_execution_id?,
            last_updated_by: run.last_updated_by,
        })
    })
}

fn history_entry(detail: ActionExecutionDetail) -> HistoryEntry {
    let (result, outputs) = detail
        .output
        .map(|output| (output.execution_result, output.output_variables))
        .unwrap_or_default();
    let result = result.as_ref();
    let error = result.and_then(|result| result.error_details.as_ref());
    let external_id = result.and_then(|result| result.external_execution_id.clone());
    let type_id = detail.input.as_ref().and_then(|input| input.action_type_id.as_ref());
    let kind = type_id.map_or(ActionKind::Unknown, |id| {
        ActionKind::from_type_id(
            Some(id.category.as_str()),
            Some(id.owner.as_str()),
            Some(&id.provider),
        )
    });
    let ran = Ran {
        type_id: type_id
            .map(|id| [id.category.as_str(), id.owner.as_str(), &id.provider].map(str::to_owned)),
        region: detail.input.as_ref().and_then(|input| input.region.clone()),
        role: detail.input.as_ref().and_then(|input| input.role_arn.clone()),
        function: configured(detail.input.as_ref(), "FunctionName"),
        user_parameters: configured(detail.input.as_ref(), "UserParameters"),
        source: match kind {
            ActionKind::Source => SOURCE
                .into_iter()
                .filter_map(|name| Some((name, configured(detail.input.as_ref(), name)?)))
                .collect(),
            ActionKind::ManualApproval | ActionKind::Other | ActionKind::Unknown => BTreeMap::new(),
        },
        external_id: external_id.clone(),
        error: error.and_then(|error| error.message.clone()),
    };
    HistoryEntry {
        execution_id: detail.pipeline_execution_id,
        pipeline_version: detail.pipeline_version,
        outputs: outputs.unwrap_or_default().into_iter().collect(),
        ran,
        attempt: Attempt {
            stage: detail.stage_name,
            action: detail.action_name,
            id: detail.action_execution_id,
            kind,
            status: status(detail.status.as_ref()),
            started: detail.start_time.and_then(timestamp),
            updated: detail.last_update_time.and_then(timestamp),
            answered: None,
            error: error.and_then(|error| error.code.clone()),
            approver: Approver { history: detail.updated_by, state: None },
            comment: result.and_then(|result| result.external_execution_summary.clone()),
            revision: external_id.filter(|_| kind == ActionKind::Source),
            region: None,
            invoked: None,
        },
    }
}

/// What Source actions say about the place of the source code (CodePipeline User Guide, "Action
/// structure reference"): of CodeConnections, of CodeCommit and of GitHub (OAuth app).
const SOURCE: [&str; 6] =
    ["FullRepositoryId", "BranchName", "RepositoryName", "Owner", "Repo", "Branch"];

/// A value of the configuration, with its variables replaced if AWS shows their values. The others
/// are not kept: some actions have secrets there.
fn configured(input: Option<&ActionExecutionInput>, name: &str) -> Option<String> {
    let input = input?;
    let of = |values: &Option<HashMap<String, String>>| values.as_ref()?.get(name).cloned();
    of(&input.resolved_configuration).or_else(|| of(&input.configuration))
}

fn status(status: Option<&ActionExecutionStatus>) -> Status {
    Status::from_api(status.map(ActionExecutionStatus::as_str))
}

/// A time to the millisecond, the precision of CodePipeline. The reply has a floating-point number,
/// whose further digits mean nothing.
pub(super) fn timestamp(at: sdk::primitives::DateTime) -> Option<Timestamp> {
    let exact = Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?;
    exact.round(jiff::Unit::Millisecond).ok()
}
