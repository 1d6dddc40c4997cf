//! The port to the places where source code is written and reviewed.

mod address;
mod codecommit;
mod error;
mod github;
mod gitlab;
mod http;
mod humans;
mod limits;

use std::future::Future;

use crate::consensus::Consensus;

pub use codecommit::CodeCommit;
pub use error::ForgeError;
pub use github::GitHub;
pub use gitlab::GitLab;

/// The commits that one execution releases and the last satisfied release did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The repository, as the forge names it: `acme/shop`. For CodeCommit, its name.
    pub repository: String,
    /// The branch that the Source action follows, if it says.
    pub branch: Option<String>,
    /// The commit of the last satisfied release.
    pub base: String,
    /// The commit of this execution.
    pub head: String,
    /// How many others must have reviewed each change.
    pub required: u32,
}

/// A forge that can tell who wrote and reviewed the commits of a range.
pub trait Forge {
    /// Reads the range, and judges it. What the forge cannot show, such as a base that is gone or
    /// more commits than its limit, becomes an objection.
    ///
    /// # Errors
    /// [`ForgeError`] if the forge gave no answer.
    fn consensus(&self, range: &Range) -> impl Future<Output = Result<Consensus, ForgeError>>;
}
