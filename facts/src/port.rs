//! What the gate asks CodePipeline and IAM, in the gate's own types.

use std::future::Future;

use jiff::Timestamp;
use rule::{Attempt, Initiator, Satisfied, Status};

use crate::call::CallError;
use crate::failure::Failure;

/// The calls to CodePipeline. Each is one request, without retries or paging.
pub trait CodePipeline {
    /// GetJobDetails: the pipeline, stage and action of the job.
    fn job_details(&self, job_id: &str) -> impl Future<Output = Result<JobDetails, CallError>>;

    /// ListActionExecutions of one execution: one page. Without a token, the first.
    fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<ExecutionPage, CallError>>;

    /// GetPipelineState: the newest run of each action, in any execution.
    fn pipeline_state(
        &self,
        pipeline: &str,
    ) -> impl Future<Output = Result<Vec<StateEntry>, CallError>>;

    /// GetPipelineExecution: the principal or trigger that started it.
    fn initiator(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> impl Future<Output = Result<Initiator, CallError>>;

    /// PutJobSuccessResult. INVARIANT (fail closed): it needs the proof of a satisfied decision,
    /// and only a decision can give that.
    fn report_success(
        &self,
        job_id: &str,
        satisfied: Satisfied<'_>,
    ) -> impl Future<Output = Result<(), CallError>>;

    /// PutJobFailureResult.
    fn report_failure(
        &self,
        job_id: &str,
        failure: &Failure,
    ) -> impl Future<Output = Result<(), CallError>>;
}

/// The call to IAM.
pub trait Roles {
    /// GetRole: the role's ARN with its path. `None` if there is no such role, or if the gate may
    /// not see it. Its own role allows it to see only roles under the reserved path.
    fn role_arn(&self, role: &str) -> impl Future<Output = Result<Option<String>, CallError>>;
}

/// The place and the configuration of the gate's own action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The account of the pipeline.
    pub account: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The gate's stage.
    pub stage: String,
    /// The gate's action.
    pub action: Option<String>,
    /// The id of the gate's own run. Needed if `execution_id` is missing.
    pub action_execution_id: Option<String>,
    /// The pipeline execution. The API model promises it only for custom actions.
    pub execution_id: Option<String>,
    /// The action's configuration, if the reply has one.
    pub configuration: Option<Configuration>,
}

/// The configuration of an action that invokes a Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `FunctionName`: a name, an ARN or a part of one.
    pub function_name: Option<String>,
    /// `UserParameters`, as they are in the reply.
    pub user_parameters: Option<String>,
}

/// One page of the action history of one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionPage {
    /// The attempts on this page.
    pub attempts: Vec<HistoryEntry>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

/// An attempt, and the execution that it belongs to according to CodePipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// `pipelineExecutionId`.
    pub execution_id: Option<String>,
    /// `pipelineVersion`.
    pub pipeline_version: Option<i32>,
    /// The attempt. Its approver is the one that the history names.
    pub attempt: Attempt,
}

/// The newest run of one action, according to GetPipelineState.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// The stage.
    pub stage: Option<String>,
    /// The execution that is in the stage, or was the last one there.
    pub execution_id: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// `actionExecutionId`, which joins it with the history.
    pub action_execution_id: String,
    /// `lastUpdatedBy`: the principal that answered it, if it is an approval.
    pub last_updated_by: Option<String>,
    /// `lastStatusChange`: when it was answered, if it is an approval.
    pub last_status_change: Option<Timestamp>,
    /// Whether it is an approval that waits for an answer: it has a token.
    pub awaits_answer: bool,
    /// The status of the attempt.
    pub status: Status,
}

impl StateEntry {
    /// Whether the attempt has ended, according to the state.
    pub(crate) fn has_ended(&self) -> bool {
        match self.status {
            Status::Succeeded | Status::Failed | Status::Abandoned => true,
            Status::InProgress | Status::Unknown => false,
        }
    }
}
