//! What the gate reports without a satisfied verdict.

use facts::{CallError, FloorError};
use rule::RuleError;

/// A job failure: its kind, and a message for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind, in CodePipeline's terms.
    pub kind: FailureKind,
    /// What happened, the input, and what to do next. At most [`rule::REFUSAL_LIMIT`] bytes.
    pub message: String,
}

/// The values of `failureDetails.type` of PutJobFailureResult that the gate uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// There is a verdict: unsatisfied.
    JobFailed,
    /// The rule, the UserParameters or the pipeline around the gate are wrong.
    ConfigurationError,
    /// AWS refused a call.
    PermissionError,
    /// AWS did not answer, or the gate could not understand the answer.
    SystemUnavailable,
}

impl FailureKind {
    /// The kind in kebab case, for the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JobFailed => "job-failed",
            Self::ConfigurationError => "configuration-error",
            Self::PermissionError => "permission-error",
            Self::SystemUnavailable => "system-unavailable",
        }
    }
}

impl Failure {
    /// A failure whose message is cut at CodePipeline's limit.
    pub(crate) fn new(kind: FailureKind, message: &str) -> Self {
        Self { kind, message: rule::cut(message, "", rule::REFUSAL_LIMIT) }
    }

    pub(crate) fn configuration(message: &str) -> Self {
        Self::new(FailureKind::ConfigurationError, message)
    }

    pub(crate) fn user_parameters(error: &RuleError) -> Self {
        Self::configuration(&format!("The action's UserParameters are wrong: {error}."))
    }
}

impl From<&FloorError> for Failure {
    fn from(error: &FloorError) -> Self {
        Self::configuration(&format!("The function's own rule is wrong: {error}."))
    }
}

impl From<rule::Misfit> for Failure {
    fn from(error: rule::Misfit) -> Self {
        Self::configuration(&format!("The function's own rule is wrong: {error}."))
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::AccessDenied { operation, .. } => Self::new(
                FailureKind::PermissionError,
                &format!(
                    "The gate's role may not call {operation}: {error}. Allow it {} and retry the stage.",
                    operation.iam_action()
                ),
            ),
            CallError::Transient { .. } | CallError::NotSent { .. } => Self::new(
                FailureKind::SystemUnavailable,
                &format!("No decision could be made: {error}. Retry the stage."),
            ),
            CallError::Refused { .. } | CallError::Malformed { .. } => Self::new(
                FailureKind::SystemUnavailable,
                &format!("No decision could be made: {error}."),
            ),
        }
    }
}
