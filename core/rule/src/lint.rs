//! Questions that a review of a rule asks and a decision does not.

use std::collections::BTreeSet;

use names::Arn;
use wildmatch::WildMatch;

use crate::account::Account;
use crate::rule::Rule;
use crate::trusted_role::{Trust, TrustedRole};

impl Rule {
    /// The globs of `trustedSessionRoles` as the rule has them. The gate asks IAM about the roles
    /// that they match.
    pub fn trusted_globs(&self) -> impl Iterator<Item = &str> {
        let entries = self.trusted_session_roles().iter();
        entries.filter_map(|entry| match entry {
            TrustedRole::Reserved(glob) => Some(glob.pattern()),
            TrustedRole::Named(_) => None,
        })
    }

    /// The names of the entries of `people`.
    pub fn people_names(&self) -> impl Iterator<Item = &str> {
        self.people().keys().map(String::as_str)
    }

    /// The names of the people who have a key in `signingKeys`.
    pub fn signer_names(&self) -> impl Iterator<Item = &str> {
        self.signing_keys().names()
    }

    /// Entries of `people` with a pattern that proves nobody, because the rule never believes the
    /// sessions of the pattern's role. Each with that role.
    #[must_use]
    pub fn never_believed(&self) -> BTreeSet<(&str, &str)> {
        let patterns = self.people().iter().flat_map(|(name, patterns)| {
            let roles = patterns.iter().filter_map(|pattern| session_role(pattern.text()));
            roles.map(move |role| (name.as_str(), role))
        });
        patterns.filter(|(_, role)| !self.may_believe(role)).collect()
    }

    /// Whether the rule may believe a session of any role that this pattern matches.
    fn may_believe(&self, role: &str) -> bool {
        if !role.contains(['*', '?']) {
            return self.trust(role, &Account::new(String::new())) != Trust::Untrusted;
        }
        let pattern = WildMatch::new_case_insensitive(role);
        self.trusted_session_roles().iter().any(|entry| match entry {
            TrustedRole::Named(name) => pattern.matches(name),
            // Two globs can have a name in common.
            TrustedRole::Reserved(_) => true,
        })
    }

    /// Whether `roster` lets anybody count in this action, by `["*"]`.
    #[must_use]
    pub fn lets_anybody(&self, action: &str) -> bool {
        let entries = self.roster().entries().get(action);
        entries.is_some_and(|entries| entries.contains("*"))
    }

    /// Whether `people` names a user of any forge.
    #[must_use]
    pub fn names_forge_users(&self) -> bool {
        self.people().values().flatten().any(|pattern| pattern.forge_user().is_some())
    }

    /// Whether `notPeople` names any machine.
    #[must_use]
    pub fn names_machines(&self) -> bool {
        !self.machines().is_empty()
    }
}

/// The role in `arn:P:sts::ACCT:assumed-role/ROLE/SESSION`.
fn session_role(pattern: &str) -> Option<&str> {
    let (role, _) = Arn::parse(pattern)?.resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_never_believed_if_the_rule_trusts_no_such_role() {
        let never = |trusted: &str, role: &str| {
            let rule = format!(
                r#"{{"trustedSessionRoles": [{trusted}], "people": {{"alice": ["arn:aws:sts::*:assumed-role/{role}/alice"]}}}}"#
            );
            !Rule::floor(&rule).unwrap().never_believed().is_empty()
        };
        assert!(never("", "AWSReservedSSO_*"));
        assert!(never(r#""Approver""#, "Deployer"));
        assert!(never(r#""Approver""#, "Deploy*"));
        assert!(never(r#""AWSReservedSSO_*""#, "Deployer"));
        assert!(!never(r#""Approver""#, "approver"));
        assert!(!never(r#""Approver""#, "Appr*"));
        assert!(!never(r#""AWSReservedSSO_*""#, "AWSReservedSSO_Approver_0123456789abcdef"));
        assert!(!never(r#""AWSReservedSSO_*""#, "AWSReservedSSO_Approver_*"));
    }

    #[test]
    fn a_rule_names_machines_if_not_people_does() {
        assert!(Rule::floor(r#"{"notPeople": ["ci-*"]}"#).unwrap().names_machines());
        assert!(!Rule::floor("{}").unwrap().names_machines());
    }
}
