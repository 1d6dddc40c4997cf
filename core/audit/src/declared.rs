//! What code says about an account: who has which group, permission set or tag, and which rule is
//! deployed.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use rule::Rule;

/// The people that code puts into one place.
#[derive(Clone, Debug)]
pub struct DeclaredMembers {
    /// The place.
    pub place: MemberPlace,
    /// The names of users, of IAM or of IAM Identity Center, and roles as `role/NAME`.
    pub members: BTreeSet<String>,
}

/// What makes somebody an approver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberPlace {
    /// The members of an IAM group.
    Group(String),
    /// The people of IAM Identity Center with a permission set in this account.
    PermissionSet(String),
    /// The users and roles with a tag.
    Tag {
        /// The key. IAM ignores its case.
        key: String,
        /// The value.
        value: String,
    },
}

/// The rule that a function applies.
#[derive(Clone, Debug)]
pub struct DeployedRule {
    /// The ARN of the function.
    pub function: String,
    /// Its rule.
    pub rule: Rule,
}

impl fmt::Display for MemberPlace {
    /// The place: `the group X`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "the group `{name}`"),
            Self::PermissionSet(name) => write!(f, "the permission set `{name}`"),
            Self::Tag { key, value } => write!(f, "the tag `{key}={value}`"),
        }
    }
}

impl MemberPlace {
    /// What is true of a person in the place: `is in the group X`.
    pub(crate) fn claim(&self) -> String {
        match self {
            Self::Group(_) => format!("is in {self}"),
            Self::PermissionSet(_) | Self::Tag { .. } => format!("has {self}"),
        }
    }
}

impl DeclaredMembers {
    /// The members in lower case, because AWS ignores the case of names.
    pub(crate) fn in_lower_case(&self) -> HashSet<String> {
        self.members.iter().map(|name| name.to_lowercase()).collect()
    }
}
