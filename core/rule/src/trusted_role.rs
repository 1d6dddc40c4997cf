//! Roles whose session names are believed, because a service or an identity provider sets them and
//! not the caller; and what happens to approvals through other roles.

use names::is_iam_name;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::glob::NameGlob;

// The greater value is the stricter one.
/// How approvals through an untrusted role are treated: nobody can tell which people its sessions
/// belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SharedRoles {
    /// They count together as one person. This is an assumption: any of them may be a person who
    /// also approved under another principal.
    Collapse,
    /// They do not count.
    #[default]
    Reject,
}

/// An entry of `trustedSessionRoles`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TrustedRole {
    /// A role by its exact name, which is unique in its account.
    Named(String),
    /// A glob for the roles that IAM Identity Center creates. A matching name proves nothing,
    /// because anybody who may create roles can choose such a name. So the glob applies only to
    /// roles that IAM shows under the reserved path.
    Reserved(NameGlob),
}

/// Whether the session names of a role are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A service or an identity provider sets them, so they prove who somebody is.
    Believed,
    /// A glob of the rule matches the role, but IAM has not shown the role under the reserved path.
    /// They are not believed.
    Unproven,
    /// The rule does not trust the role.
    Untrusted,
}

impl TrustedRole {
    /// The names of all roles of IAM Identity Center begin with this.
    const RESERVED_PREFIX: &str = "AWSReservedSSO";

    /// # Errors
    /// What is wrong with the entry.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let literal = text.split(['*', '?']).next().unwrap_or_default();
        if literal.len() == text.len() {
            return match is_iam_name(text) {
                true => Ok(Self::Named(text.to_owned())),
                false => {
                    Err(format!("`{text}` is not the name of a role: write it without a path"))
                }
            };
        }
        let begins = literal.get(..Self::RESERVED_PREFIX.len()).unwrap_or_default();
        if !begins.eq_ignore_ascii_case(Self::RESERVED_PREFIX) {
            return Err(format!(
                "`{text}` could match roles that nobody foresaw: wildcards are only for the roles of \
                 IAM Identity Center, whose names begin with `{}_`; write the exact name of any \
                 other role",
                Self::RESERVED_PREFIX
            ));
        }
        NameGlob::parse(text).map(Self::Reserved)
    }

    /// Whether the entry matches the name of a role.
    pub(crate) fn matches(&self, role: &str) -> bool {
        match self {
            Self::Named(name) => name.eq_ignore_ascii_case(role),
            Self::Reserved(glob) => glob.matches(role),
        }
    }

    /// The entry as the rule has it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Reserved(glob) => glob.pattern(),
        }
    }
}

/// Whether the session names of a role are believed.
pub(crate) fn trust(entries: &[TrustedRole], role: &str, account: &Account) -> Trust {
    let matches = |named: bool| {
        let mut matching = entries.iter().filter(|entry| entry.matches(role));
        matching.any(|entry| matches!(entry, TrustedRole::Named(_)) == named)
    };
    if matches(true) || (matches(false) && account.has_reserved_role(role)) {
        return Trust::Believed;
    }
    if matches(false) { Trust::Unproven } else { Trust::Untrusted }
}
