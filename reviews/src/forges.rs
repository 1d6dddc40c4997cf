//! The port to all forges: one of them is asked, with its token.

use std::future::Future;

use facts::{Budget, CallError};
use rule::Rule;

use crate::consensus::Consensus;
use crate::forge::{ForgeError, Range};
use crate::source::Host;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The forge that has the repository.
    pub host: Host,
    /// The commits.
    pub range: &'a Range,
    /// The rule in the function's environment.
    pub rule: &'a Rule,
    /// The account of the pipeline.
    pub account: &'a str,
    /// When asking ends.
    pub budget: Budget,
}

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
    /// The writers and reviewers of a range of commits.
    ///
    /// # Errors
    /// [`Unasked`] if the forge gave no answer within the budget.
    fn consensus(&self, question: Question<'_>)
    -> impl Future<Output = Result<Consensus, Unasked>>;
}
