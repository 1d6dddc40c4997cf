//! The words in which a function speaks of itself.

use facts::CallError;

use crate::failure::{Failure, FailureKind};
use crate::function::Function;

/// A function, in the words of its messages.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is called: `gate`.
    pub name: &'static str,
    /// The crate whose log lines are written, as well as those of `job` and `facts`.
    pub log_target: &'static str,
    /// Its version, and its commit if the build knew it.
    pub version: &'static str,
    /// Where it runs, for a person who starts it by hand: `inside AWS Lambda`.
    pub runs: &'static str,
    /// What a failed call leads to: `No decision could be made`.
    pub without_answer: &'static str,
    /// What a success that AWS refuses would have said: `The approvals satisfy the rule`.
    pub found: &'static str,
}

impl Program {
    /// The function that it runs as.
    pub(crate) fn function(&self) -> Function {
        let Self { name, log_target, runs, .. } = *self;
        Function { name, log_target, runs }
    }

    /// The failure to report if a call gave no answer.
    #[must_use]
    pub fn failure(&self, error: &CallError) -> Failure {
        let Self { name, without_answer, .. } = self;
        match error {
            CallError::AccessDenied { operation, .. } => Failure::new(
                FailureKind::PermissionError,
                &format!(
                    "The {name}'s role may not call {operation}: {error}. Allow it {} and retry the stage.",
                    operation.iam_action()
                ),
            ),
            CallError::Transient { .. } | CallError::NotSent { .. } => Failure::new(
                FailureKind::SystemUnavailable,
                &format!("{without_answer}: {error}. Retry the stage."),
            ),
            CallError::Refused { .. } | CallError::Malformed { .. } => {
                Failure::new(FailureKind::SystemUnavailable, &format!("{without_answer}: {error}."))
            }
        }
    }

    /// The failure to report in place of a success that AWS refuses.
    pub(crate) fn success_refused(&self, error: &CallError) -> Failure {
        let Failure { kind, message } = self.failure(error);
        Failure::new(
            kind,
            &format!("{}, but the success could not be reported. {message}", self.found),
        )
    }
}
