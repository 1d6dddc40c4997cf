//! What the gate asks of CodePipeline, in the gate's own words.

use std::fmt;
use std::future::Future;

use rule::{Attempt, Initiator, Satisfied, Status};

use crate::failure::Failure;

/// The calls that the gate makes. Each is one request: no retry, no paging.
pub trait CodePipeline {
    /// GetJobDetails: where in which pipeline the job's action stands.
    fn job_details(&self, job_id: &str) -> impl Future<Output = Result<JobDetails, CallError>>;

    /// ListActionExecutions of one execution: one page, the first without a token.
    fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<ExecutionPage, CallError>>;

    /// GetPipelineState: the newest run of each action, of whichever execution.
    fn pipeline_state(&self, pipeline: &str) -> impl Future<Output = Result<Vec<StateEntry>, CallError>>;

    /// GetPipelineExecution: who or what started it.
    fn initiator(&self, pipeline: &str, execution_id: &str) -> impl Future<Output = Result<Initiator, CallError>>;

    /// PutJobSuccessResult. INVARIANT (fail closed): it takes the proof of a satisfied decision, which nothing but a decision gives.
    fn report_success(&self, job_id: &str, satisfied: Satisfied<'_>) -> impl Future<Output = Result<(), CallError>>;

    /// PutJobFailureResult.
    fn report_failure(&self, job_id: &str, failure: &Failure) -> impl Future<Output = Result<(), CallError>>;
}

/// Where the gate's own action stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The pipeline's name.
    pub pipeline: String,
    /// The gate's stage.
    pub stage: String,
    /// The gate's own run; needed where `execution_id` is missing.
    pub action_execution_id: Option<String>,
    /// The pipeline execution. The API model promises it for custom actions only.
    pub execution_id: Option<String>,
}

/// One page of the action history of one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionPage {
    /// The attempts on this page.
    pub attempts: Vec<HistoryEntry>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

/// An attempt and the execution to which CodePipeline says it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// `pipelineExecutionId`.
    pub execution_id: Option<String>,
    /// `pipelineVersion`.
    pub pipeline_version: Option<i32>,
    /// The attempt itself; its approver is known from the history alone.
    pub attempt: Attempt,
}

/// Who answered an attempt, by GetPipelineState.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// `actionExecutionId`, on which it is joined with the history.
    pub action_execution_id: String,
    /// `lastUpdatedBy`.
    pub last_updated_by: Option<String>,
    /// How the attempt stands by the state.
    pub status: Status,
}

impl StateEntry {
    /// Whether the state knows how the attempt ended.
    pub(crate) fn has_ended(&self) -> bool {
        match self.status {
            Status::Succeeded | Status::Failed | Status::Abandoned => true,
            Status::InProgress | Status::Unknown => false,
        }
    }
}

/// The operations behind the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// [`CodePipeline::job_details`]
    GetJobDetails,
    /// [`CodePipeline::action_executions`]
    ListActionExecutions,
    /// [`CodePipeline::pipeline_state`]
    GetPipelineState,
    /// [`CodePipeline::initiator`]
    GetPipelineExecution,
    /// [`CodePipeline::report_success`]
    PutJobSuccessResult,
    /// [`CodePipeline::report_failure`]
    PutJobFailureResult,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 6] = [
        Self::GetJobDetails,
        Self::ListActionExecutions,
        Self::GetPipelineState,
        Self::GetPipelineExecution,
        Self::PutJobSuccessResult,
        Self::PutJobFailureResult,
    ];

    /// The IAM action that allows it.
    #[must_use]
    pub fn iam_action(self) -> String {
        format!("codepipeline:{self}")
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetJobDetails => "GetJobDetails",
            Self::ListActionExecutions => "ListActionExecutions",
            Self::GetPipelineState => "GetPipelineState",
            Self::GetPipelineExecution => "GetPipelineExecution",
            Self::PutJobSuccessResult => "PutJobSuccessResult",
            Self::PutJobFailureResult => "PutJobFailureResult",
        })
    }
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// IAM does not allow it.
    #[error("AWS refused {operation}: {message}")]
    AccessDenied {
        /// The call.
        operation: Operation,
        /// AWS's words.
        message: String,
    },
    /// Throttled, a server error, a broken connection, no reply in time: worth another try.
    #[error("{operation} is unavailable ({problem})")]
    Transient {
        /// The call.
        operation: Operation,
        /// What happened.
        problem: String,
    },
    /// InvalidJobStateException: the job has its result already.
    #[error("{operation}: the job has its result already")]
    AlreadyReported {
        /// The call.
        operation: Operation,
    },
    /// Any other error of the service.
    #[error("{operation} answered {code}: {message}")]
    Refused {
        /// The call.
        operation: Operation,
        /// AWS's error code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// A reply without what the gate needs.
    #[error("the reply to {operation} makes no sense: {problem}")]
    Malformed {
        /// The call.
        operation: Operation,
        /// What is missing or wrong.
        problem: &'static str,
    },
}
