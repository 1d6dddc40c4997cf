//! The humans, and how AWS names them.

use std::fmt;

pub(crate) const ACCOUNT: &str = "111122223333";
/// The role of IAM Identity Center that the rule trusts.
pub(crate) const TRUSTED: &str = "AWSReservedSSO_Release_0123456789abcdef";
const LOOK_ALIKE: &str = "AWSReservedSSO_Release_fedcba9876543210";
const NAMES: [&str; HUMANS] = ["alice", "bob", "carol", "dave"];
pub(crate) const HUMANS: usize = 4;

/// A human, and how they call AWS this time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) human: usize,
    pub(crate) credential: Credential,
}

/// The kinds of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Their own IAM user.
    User,
    /// A session of the trusted role, whose name the identity provider sets.
    Trusted,
    /// A session of a role that everybody may assume, under the name of this human.
    Shared(usize),
    /// A session of a role that only looks like the trusted one, under their own name.
    LookAlike,
}

impl Credential {
    /// Whether it says for certain which human acts.
    pub(crate) fn is_their_own(self) -> bool {
        matches!(self, Self::User | Self::Trusted)
    }
}

impl Who {
    pub(crate) fn arn(self) -> String {
        let name = NAMES[self.human];
        match self.credential {
            Credential::User => format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            Credential::Trusted => session(TRUSTED, name),
            Credential::Shared(claimed) => session("Deployer", NAMES[claimed]),
            Credential::LookAlike => session(LOOK_ALIKE, name),
        }
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", NAMES[self.human], self.credential)
    }
}

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}@example.com")
}
