//! Roles whose session names are believed: a service or an identity provider sets them, not the
//! caller.

use crate::account::Account;
use crate::glob::NameGlob;
use crate::principal::is_iam_name;

/// An entry of `trustedSessionRoles`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TrustedRole {
    /// A role by its exact name, which is unique in its account.
    Named(String),
    /// A glob over the names of the roles that IAM Identity Center makes. A name alone proves
    /// nothing: anybody who may make roles can make one of that name, so it is believed only for a
    /// role that IAM shows under the reserved path.
    Reserved(NameGlob),
}

/// How far a role's session names are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// They are set by a service or an identity provider, and prove who somebody is.
    Believed,
    /// A glob of the rule trusts the role, and IAM has not shown the role under the reserved path:
    /// they are not believed.
    Unproven,
    /// The rule does not trust the role.
    Untrusted,
}

impl TrustedRole {
    /// What the names of all of IAM Identity Center's roles begin with.
    const RESERVED_PREFIX: &str = "AWSReservedSSO";

    /// # Errors
    /// Says what is wrong with the entry.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let literal = text.split(['*', '?']).next().unwrap_or_default();
        if literal.len() == text.len() {
            return match is_iam_name(text) {
                true => Ok(Self::Named(text.to_owned())),
                false => {
                    Err(format!("`{text}` is not the name of a role: write it without its path"))
                }
            };
        }
        let begins = literal.get(..Self::RESERVED_PREFIX.len()).unwrap_or_default();
        if !begins.eq_ignore_ascii_case(Self::RESERVED_PREFIX) {
            return Err(format!(
                "`{text}` may match roles that nobody has thought of: a wildcard is for the roles of IAM Identity Center alone, whose names \
                 begin with `{}_`; write the exact name of any other role",
                Self::RESERVED_PREFIX
            ));
        }
        NameGlob::parse(text).map(Self::Reserved)
    }

    /// Whether the role of this name is one of those that the entry trusts, if IAM has nothing
    /// against it.
    pub(crate) fn means(&self, role: &str) -> bool {
        match self {
            Self::Named(name) => name.eq_ignore_ascii_case(role),
            Self::Reserved(glob) => glob.matches(role),
        }
    }

    /// The entry as it was written.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Reserved(glob) => glob.pattern(),
        }
    }
}

/// How far the session names of the role of this name are believed.
pub(crate) fn trust(entries: &[TrustedRole], role: &str, account: &Account) -> Trust {
    let of_kind = |named: bool| {
        let mut meant = entries.iter().filter(|entry| entry.means(role));
        meant.any(|entry| matches!(entry, TrustedRole::Named(_)) == named)
    };
    if of_kind(true) || (of_kind(false) && account.has_reserved_role(role)) {
        return Trust::Believed;
    }
    if of_kind(false) { Trust::Unproven } else { Trust::Untrusted }
}
