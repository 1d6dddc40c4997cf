//! What a function reports without a success.

use std::fmt;

use facts::FloorError;

/// A job failure: its kind, and a message for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind, in CodePipeline's terms.
    pub kind: FailureKind,
    /// What happened, the input, and what to do next. At most [`rule::REFUSAL_LIMIT`] bytes.
    pub message: String,
}

/// The values of `failureDetails.type` of PutJobFailureResult that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// There is a verdict: unsatisfied.
    JobFailed,
    /// The rule, the UserParameters or the pipeline around the function are wrong.
    ConfigurationError,
    /// AWS refused a call.
    PermissionError,
    /// AWS did not answer, or the function could not understand the answer.
    SystemUnavailable,
}

impl FailureKind {
    /// The kind in kebab case, for the log and its metrics.
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
    #[must_use]
    pub fn new(kind: FailureKind, message: &str) -> Self {
        Self { kind, message: rule::cut(message, "", rule::REFUSAL_LIMIT) }
    }

    /// A failure because something is configured wrongly.
    #[must_use]
    pub fn configuration(message: &str) -> Self {
        Self::new(FailureKind::ConfigurationError, message)
    }

    /// A failure because of the action's UserParameters.
    #[must_use]
    pub fn user_parameters(problem: impl fmt::Display) -> Self {
        Self::configuration(&format!("The action's UserParameters are wrong: {problem}."))
    }

    /// A failure because of the rule in the function's own environment.
    #[must_use]
    pub fn own_rule(problem: impl fmt::Display) -> Self {
        Self::configuration(&format!("The function's own rule is wrong: {problem}."))
    }
}

impl From<&FloorError> for Failure {
    fn from(error: &FloorError) -> Self {
        Self::own_rule(error)
    }
}
