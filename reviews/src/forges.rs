//! The port to all forges: one of them is asked, with its token.

use std::future::Future;

use facts::{Budget, CallError};

use crate::consensus::Consensus;
use crate::forge::{ForgeError, Range};
use crate::source::Host;

/// Why a forge could not be asked, or gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unasked {
    /// The settings do not say how: a sentence without a full stop.
    #[error("{0}")]
    Settings(String),
    /// AWS does not give the token.
    #[error("{0}")]
    Aws(CallError),
    /// The forge gave no answer.
    #[error("{0}")]
    Forge(ForgeError),
}

/// The forges that are configured.
pub trait Forges {
    /// Finds the authors and reviewers of a range of commits.
    ///
    /// # Errors
    /// [`Unasked`] if the forge gave no answer within the budget.
    fn consensus(
        &self,
        host: Host,
        range: &Range,
        budget: Budget,
    ) -> impl Future<Output = Result<Consensus, Unasked>>;
}
