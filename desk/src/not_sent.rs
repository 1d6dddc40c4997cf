//! Why CodePipeline did not take an answer.

use facts::CallError;

use crate::look::Situation;
use crate::port::PUT_APPROVAL_RESULT;

/// Why CodePipeline did not take the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    #[error(
        "somebody has answered {0} in the meantime, or it has expired; look again at what is open \
         now"
    )]
    Completed(String),
    #[error(
        "{action} was opened again in the meantime, the release was stopped, or the pipeline was \
         changed; look at it again: {message}"
    )]
    Outdated { action: String, message: String },
    #[error("you may not answer {action}, so it stays open")]
    Denied { action: String, source: CallError },
    #[error("it is not known whether the answer arrived; look again at what is open")]
    Unclear(#[source] CallError),
    #[error("nothing was sent, so {action} stays open")]
    Unasked { action: String, source: CallError },
    #[error("CodePipeline did not take the answer")]
    Other(#[source] CallError),
}

impl NotSent {
    pub(crate) fn new(error: CallError, situation: &Situation) -> Self {
        let action = situation.run.action.clone();
        match error {
            CallError::AccessDenied { .. } => Self::Denied { action, source: error },
            // A call before it failed, such as AssumeRole.
            _ if error.operation() != PUT_APPROVAL_RESULT => {
                Self::Unasked { action, source: error }
            }
            CallError::Transient { .. } => Self::Unclear(error),
            CallError::Refused { ref code, ref message, .. } => match code.as_str() {
                "ApprovalAlreadyCompletedException" => Self::Completed(action),
                "InvalidApprovalTokenException" => {
                    Self::Outdated { action, message: message.clone() }
                }
                _ => Self::Other(error),
            },
            CallError::NotSent { .. } | CallError::Malformed { .. } => Self::Other(error),
        }
    }
}
