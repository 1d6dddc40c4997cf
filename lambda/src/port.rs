//! What the gate asks of CodePipeline and of IAM, in the gate's own words.

use std::fmt;
use std::future::Future;

use jiff::Timestamp;
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
    fn pipeline_state(
        &self,
        pipeline: &str,
    ) -> impl Future<Output = Result<Vec<StateEntry>, CallError>>;

    /// GetPipelineExecution: who or what started it.
    fn initiator(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> impl Future<Output = Result<Initiator, CallError>>;

    /// PutJobSuccessResult. INVARIANT (fail closed): it takes the proof of a satisfied decision,
    /// which nothing but a decision gives.
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

/// What the gate asks of IAM.
pub trait Roles {
    /// GetRole: the role's ARN with its path. `None` if there is no such role, or if the gate may
    /// not see it: its own role is let see roles under the reserved path alone.
    fn role_arn(&self, role: &str) -> impl Future<Output = Result<Option<String>, CallError>>;
}

/// Where the gate's own action stands, and how it is configured.
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
    /// The gate's own run; needed if `execution_id` is missing.
    pub action_execution_id: Option<String>,
    /// The pipeline execution. The API model promises it for custom actions only.
    pub execution_id: Option<String>,
    /// The action's configuration; `None` if the reply has none.
    pub configuration: Option<Configuration>,
}

/// How an action of CodePipeline asks for a Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `FunctionName`: a name or an ARN.
    pub function_name: Option<String>,
    /// `UserParameters`, as the reply has them.
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

/// The newest run of one action, by GetPipelineState.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// The stage.
    pub stage: Option<String>,
    /// The execution that is, or was last, in the stage.
    pub execution_id: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// `actionExecutionId`, on which it is joined with the history.
    pub action_execution_id: String,
    /// `lastUpdatedBy`: who answered it, if it is an approval.
    pub last_updated_by: Option<String>,
    /// `lastStatusChange`: when it was answered, if it is an approval.
    pub last_status_change: Option<Timestamp>,
    /// Whether it is an approval that waits for an answer: it has a token.
    pub awaits_answer: bool,
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

/// The operations behind the ports.
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
    /// [`Roles::role_arn`]
    GetRole,
    /// [`CodePipeline::report_success`]
    PutJobSuccessResult,
    /// [`CodePipeline::report_failure`]
    PutJobFailureResult,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] = [
        Self::GetJobDetails,
        Self::ListActionExecutions,
        Self::GetPipelineState,
        Self::GetPipelineExecution,
        Self::GetRole,
        Self::PutJobSuccessResult,
        Self::PutJobFailureResult,
    ];

    /// The IAM action that allows it.
    #[must_use]
    pub fn iam_action(self) -> String {
        match self {
            Self::GetRole => format!("iam:{self}"),
            Self::GetJobDetails
            | Self::ListActionExecutions
            | Self::GetPipelineState
            | Self::GetPipelineExecution
            | Self::PutJobSuccessResult
            | Self::PutJobFailureResult => format!("codepipeline:{self}"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetJobDetails => "GetJobDetails",
            Self::ListActionExecutions => "ListActionExecutions",
            Self::GetPipelineState => "GetPipelineState",
            Self::GetPipelineExecution => "GetPipelineExecution",
            Self::GetRole => "GetRole",
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
