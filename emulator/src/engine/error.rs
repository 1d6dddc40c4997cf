//! The errors of the API, by AWS's own names.

use std::fmt;

/// An error as the emulator replies it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The name that clients match on.
    pub code: ErrorCode,
    /// The text for people.
    pub message: String,
}

/// The names of the errors, without AWS's suffix `Exception`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "AWS documents its errors, and the names are AWS's")]
pub enum ErrorCode {
    AccessDenied,
    ActionNotFound,
    ApprovalAlreadyCompleted,
    ConcurrentPipelineExecutionsLimitExceeded,
    DuplicatedStopRequest,
    /// A bug of the emulator, not a fault of the caller. AWS calls it `InternalFailure`.
    Internal,
    InvalidActionDeclaration,
    InvalidApprovalToken,
    InvalidJobState,
    InvalidNextToken,
    InvalidStageDeclaration,
    InvalidStructure,
    JobNotFound,
    MissingAuthenticationToken,
    NotLatestPipelineExecution,
    OutputVariablesSizeExceeded,
    PipelineExecutionNotFound,
    PipelineExecutionNotStoppable,
    PipelineExecutionOutdated,
    PipelineNameInUse,
    PipelineNotFound,
    PipelineVersionNotFound,
    Serialization,
    StageNotFound,
    StageNotRetryable,
    UnableToRollbackStage,
    UnknownOperation,
    UnrecognizedClient,
    Validation,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::Internal {
            f.write_str("InternalFailure")
        } else {
            write!(f, "{self:?}Exception")
        }
    }
}

impl ErrorCode {
    /// This error with a message.
    pub fn because(self, message: impl Into<String>) -> ApiError {
        ApiError { code: self, message: message.into() }
    }
}
