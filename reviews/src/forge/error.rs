//! Why a forge gave no answer.

/// Why nothing could be found out. It is never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// The forge does not let us read: the token is missing, wrong, or lacks a right.
    #[error("{0}")]
    Denied(String),
    /// It did not answer until the time ended, or it wants us to wait for longer than that.
    #[error("{0}")]
    Unavailable(String),
    /// Its answer makes no sense.
    #[error("{0}")]
    Malformed(String),
}
