//! The calls that the gate makes, and how they fail.

use std::fmt;

/// The operations that the gate calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// [`CodePipeline::job_details`](crate::CodePipeline::job_details)
    GetJobDetails,
    /// [`CodePipeline::action_executions`](crate::CodePipeline::action_executions)
    ListActionExecutions,
    /// [`CodePipeline::pipeline_state`](crate::CodePipeline::pipeline_state)
    GetPipelineState,
    /// [`CodePipeline::initiator`](crate::CodePipeline::initiator)
    GetPipelineExecution,
    /// [`Roles::role_arn`](crate::Roles::role_arn)
    GetRole,
    /// [`CodePipeline::report_success`](crate::CodePipeline::report_success)
    PutJobSuccessResult,
    /// [`CodePipeline::report_failure`](crate::CodePipeline::report_failure)
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
        /// AWS's message.
        message: String,
    },
    /// Throttling, a server error, a broken connection, or no reply in time. Worth another try.
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
        /// AWS's message.
        message: String,
    },
    /// The reply does not have what the gate needs.
    #[error("the reply to {operation} makes no sense: {problem}")]
    Malformed {
        /// The call.
        operation: Operation,
        /// What is missing or wrong.
        problem: &'static str,
    },
}
