//! The list of executions through the AWS SDK.

use aws_sdk_codepipeline::types::{
    PipelineExecutionStatus, PipelineExecutionSummary, SourceRevision,
};

use super::call_error;
use super::codepipeline::{Reader, timestamp};
use crate::call::{CallError, Operation};
use crate::executions::{Executions, Listed, ListedPage, ListedRevision};

impl Executions for Reader {
    async fn executions(
        &self,
        pipeline: &str,
        count: i32,
        token: Option<&str>,
    ) -> Result<ListedPage, CallError> {
        const OPERATION: Operation = Operation::LIST_PIPELINE_EXECUTIONS;
        let call = self.client().list_pipeline_executions().pipeline_name(pipeline);
        let call = call.max_results(count).set_next_token(token.map(str::to_owned));
        let reply = call.send().await.map_err(|error| call_error(OPERATION, &error))?;
        let missing = |problem| CallError::Malformed { operation: OPERATION, problem };
        let summaries = reply
            .pipeline_execution_summaries
            .ok_or(missing("`pipelineExecutionSummaries` is missing"))?;
        let executions = summaries.into_iter().map(listed).collect::<Option<_>>();
        let executions = executions.ok_or(missing("a `pipelineExecutionId` is missing"))?;
        Ok(ListedPage { executions, next_token: reply.next_token })
    }
}

fn listed(summary: PipelineExecutionSummary) -> Option<Listed> {
    let trigger = summary
        .trigger
        .map(|it| (it.trigger_type.map(|kind| kind.as_str().to_owned()), it.trigger_detail));
    Some(Listed {
        id: summary.pipeline_execution_id?,
        status: summary.status.as_ref().map(PipelineExecutionStatus::as_str).map(str::to_owned),
        started: summary.start_time.and_then(timestamp),
        updated: summary.last_update_time.and_then(timestamp),
        revisions: summary.source_revisions.into_iter().flatten().map(revision).collect(),
        trigger: trigger.unwrap_or_default(),
        mode: summary.execution_mode.map(|mode| mode.as_str().to_owned()),
        kind: summary.execution_type.map(|kind| kind.as_str().to_owned()),
        rollback_target: summary
            .rollback_metadata
            .and_then(|it| it.rollback_target_pipeline_execution_id),
        stop_reason: summary.stop_trigger.and_then(|stop| stop.reason),
    })
}

fn revision(source: SourceRevision) -> ListedRevision {
    ListedRevision {
        action: source.action_name,
        id: source.revision_id,
        summary: source.revision_summary,
        url: source.revision_url,
    }
}
