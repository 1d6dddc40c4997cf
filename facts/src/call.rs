//! Calls to AWS by their names, and how they fail.

use names::{Unanswered, credentials_advice};
use std::fmt;

/// An operation of an AWS service. Each program names those that it calls; the ones that read an
/// execution are named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service, as IAM names it in actions.
    service: &'static str,
    name: &'static str,
}

impl Operation {
    /// [`CodePipeline::action_executions`](crate::CodePipeline::action_executions)
    pub const LIST_ACTION_EXECUTIONS: Self = Self::codepipeline("ListActionExecutions");
    /// [`CodePipeline::pipeline_state`](crate::CodePipeline::pipeline_state)
    pub const GET_PIPELINE_STATE: Self = Self::codepipeline("GetPipelineState");
    /// [`CodePipeline::started`](crate::CodePipeline::started)
    pub const GET_PIPELINE_EXECUTION: Self = Self::codepipeline("GetPipelineExecution");
    /// [`Executions::executions`](crate::Executions::executions)
    pub const LIST_PIPELINE_EXECUTIONS: Self = Self::codepipeline("ListPipelineExecutions");
    /// [`Secret::text`](crate::aws::Secret::text)
    pub const GET_SECRET_VALUE: Self = Self::of("secretsmanager", "GetSecretValue");
    /// [`Kms::sign_digest`](crate::aws::Kms::sign_digest)
    pub const SIGN: Self = Self::of("kms", "Sign");
    /// [`Kms::generate_data_key`](crate::aws::Kms::generate_data_key)
    pub const GENERATE_DATA_KEY: Self = Self::of("kms", "GenerateDataKey");
    /// [`Kms::encrypt`](crate::aws::Kms::encrypt)
    pub const ENCRYPT: Self = Self::of("kms", "Encrypt");
    /// [`Kms::decrypt`](crate::aws::Kms::decrypt)
    pub const DECRYPT: Self = Self::of("kms", "Decrypt");
    /// [`S3::get`](crate::aws::S3::get)
    pub const GET_OBJECT: Self = Self::of("s3", "GetObject");
    /// [`S3::put`](crate::aws::S3::put)
    pub const PUT_OBJECT: Self = Self::of("s3", "PutObject");
    /// [`Roles::role_arn`](crate::Roles::role_arn)
    pub const GET_ROLE: Self = Self::of("iam", "GetRole");

    /// An operation of a service, by the service's name in IAM actions: `iam`.
    #[must_use]
    pub const fn of(service: &'static str, name: &'static str) -> Self {
        Self { service, name }
    }

    /// An operation of CodePipeline.
    #[must_use]
    pub const fn codepipeline(name: &'static str) -> Self {
        Self::of("codepipeline", name)
    }

    /// The IAM action that allows it.
    #[must_use]
    pub fn iam_action(self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
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
    /// The request was not sent.
    #[error("{operation} could not be asked: {why}")]
    NotSent {
        /// The call.
        operation: Operation,
        /// Why, and what to do.
        why: Unanswered,
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
    /// The reply does not have what is needed.
    #[error("the reply to {operation} makes no sense: {problem}")]
    Malformed {
        /// The call.
        operation: Operation,
        /// What is missing or wrong.
        problem: &'static str,
    },
}

impl CallError {
    /// The error of a service, by the status and the error code of its reply.
    #[must_use]
    pub fn of_service(operation: Operation, status: u16, code: &str, message: String) -> Self {
        match code {
            "AccessDeniedException" | "AccessDenied" => Self::AccessDenied { operation, message },
            _ if status >= 500 || status == 429 || is_throttling(code) => {
                Self::transient(operation, code)
            }
            _ => {
                // Other refusals say themselves what is wrong.
                let ended = credentials_advice(code).filter(|_| code.contains("Expired"));
                let message = match ended {
                    Some(advice) => format!("{}; {advice}", message.trim_end_matches('.')),
                    None => message,
                };
                Self::Refused { operation, code: code.to_owned(), message }
            }
        }
    }

    /// The call that failed.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::AccessDenied { operation, .. }
            | Self::Transient { operation, .. }
            | Self::NotSent { operation, .. }
            | Self::Refused { operation, .. }
            | Self::Malformed { operation, .. } => *operation,
        }
    }

    /// No answer came, for this reason.
    pub(crate) fn unanswered(operation: Operation, why: Unanswered) -> Self {
        match why.was_not_sent() {
            true => Self::NotSent { operation, why },
            false => Self::transient(operation, why.to_string()),
        }
    }

    /// Whether the same call is worth trying again. One that cannot be sent is while it is early:
    /// nothing listens at a wrong address later either.
    pub(crate) fn is_worth_a_retry(&self, is_early: bool) -> bool {
        match self {
            Self::Transient { .. } => true,
            Self::NotSent { why, .. } => is_early && why.may_pass(),
            Self::AccessDenied { .. } | Self::Refused { .. } | Self::Malformed { .. } => false,
        }
    }

    pub(crate) fn transient(operation: Operation, problem: impl Into<String>) -> Self {
        Self::Transient { operation, problem: problem.into() }
    }
}

/// AWS's codes for "too many requests" (AWS SDKs and Tools Reference Guide, "Retry behavior").
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
    )
}
