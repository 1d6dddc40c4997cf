//! What is found out about the commits of one repository.

use std::collections::BTreeSet;
use std::fmt;

use names::ForgeUser;

/// Somebody who wrote or pushed a commit, as the forge knows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// A user of GitHub or GitLab.
    User(ForgeUser),
    /// A principal of AWS, by its ARN: a user of CodeCommit.
    Principal(String),
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Principal(arn) => f.write_str(arn),
        }
    }
}

/// Who wrote the commits of a range, and whether enough others reviewed each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consensus {
    /// Everybody who may have written a commit. Also everybody that a commit names: anybody can
    /// write a name into a commit, and a false one can only stop somebody from counting.
    pub authors: BTreeSet<Author>,
    /// Everybody who pushed a commit, to the branch that is released or to one that was merged.
    pub pushers: BTreeSet<Author>,
    /// Everybody whose review counted. The output variable `Reviewers`, like the others.
    pub reviewers: BTreeSet<Author>,
    /// Why the commits do not have their reviews: one sentence without a full stop for each
    /// change. Empty if each was reviewed by as many others as required.
    pub objections: Vec<String>,
    /// The number of commits.
    pub commits: usize,
}
