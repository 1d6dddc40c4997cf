//! Why CodePipeline did not take an answer.

use facts::CallError;

use crate::look::Situation;

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
    #[error("CodePipeline did not take the answer")]
    Other(#[source] CallError),
}

impl NotSent {
    pub(crate) fn new(error: CallError, situation: &Situation) -> Self {
        let action = situation.run.action.clone();
        match error {
            CallError::AccessDenied { .. } => Self::Denied { action, source: error },
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
