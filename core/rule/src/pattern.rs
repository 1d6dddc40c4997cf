//! The patterns of principals in the `people` map.

use names::{Arn, is_iam_name};
use wildmatch::WildMatch;

use crate::principal::{Principal, PrincipalKind};

/// An entry of `people`, such as `arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com`.
///
/// Partition, account and role may contain wildcards. The name at the end identifies a human, and
/// is literal: otherwise two entries could split the names of one human between two people. The
/// path of a user is ignored, because names of users are unique without it. Everything is
/// case-insensitive, as IAM names are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrincipalPattern {
    text: String,
    partition: WildMatch,
    account: WildMatch,
    named: Named,
}

/// The kind of principal that the pattern matches.
#[derive(Clone, Debug, PartialEq)]
enum Named {
    User { name: String },
    Session { role: WildMatch, session: String },
    Role { name: String },
}

impl PrincipalPattern {
    /// # Errors
    /// What is wrong with the pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "`{text}` is not the ARN of a user or role session: write it like \
                 `arn:aws:iam::111122223333:user/alice` or \
                 `arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com`"
            )
        };
        let Some(Arn { partition, service, region: "", account, resource }) = Arn::parse(text)
        else {
            return Err(form());
        };
        let (kind, rest) = resource.split_once('/').ok_or_else(form)?;
        let (before, name) = match rest.rsplit_once('/') {
            Some((before, name)) => (Some(before), name),
            None => (None, rest),
        };
        if name.contains(['*', '?']) {
            return Err(format!(
                "`{text}` has a wildcard in the name at its end, so it would match names that nobody \
                 foresaw; write that name out"
            ));
        }
        if !is_iam_name(name) {
            return Err(form());
        }
        let name = name.to_owned();
        let named = match (service, kind, before) {
            ("iam", "user", _) => Named::User { name },
            ("iam", "role", _) => Named::Role { name },
            ("sts", "assumed-role", Some(role)) if !role.is_empty() && !role.contains('/') => {
                Named::Session { role: WildMatch::new_case_insensitive(role), session: name }
            }
            _ => return Err(form()),
        };
        Ok(Self {
            text: text.to_owned(),
            partition: WildMatch::new_case_insensitive(partition),
            account: WildMatch::new_case_insensitive(account),
            named,
        })
    }

    /// The pattern as the rule has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The name at the end, which identifies a human. `None` for a role.
    pub(crate) fn human_name(&self) -> Option<&str> {
        match &self.named {
            Named::User { name } | Named::Session { session: name, .. } => Some(name),
            Named::Role { .. } => None,
        }
    }

    pub(crate) fn matches(&self, principal: &Principal) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let is_named = match (&self.named, principal.kind()) {
            (Named::User { name }, PrincipalKind::User { name: other, .. }) => same(name, other),
            (Named::Role { name }, PrincipalKind::Role { role, .. }) => same(name, role),
            (
                Named::Session { role, session },
                PrincipalKind::Session { role: other, session: called, .. },
            ) => role.matches(other) && same(session, called),
            _ => false,
        };
        let partition = || Arn::parse(principal.arn()).map_or("", |arn| arn.partition);
        is_named
            && self.partition.matches(partition())
            && principal.account().is_some_and(|account| self.account.matches(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, arn: &str) -> bool {
        PrincipalPattern::parse(pattern).unwrap().matches(&Principal::parse(arn))
    }

    #[test]
    fn a_user_is_meant_under_any_path_and_in_any_case() {
        for pattern in [
            "arn:aws:iam::111122223333:user/asmith",
            "arn:aws:iam::*:user/team/ASmith",
            "arn:*:iam::1111*:user/asmith",
        ] {
            for arn in [
                "arn:aws:iam::111122223333:user/asmith",
                "arn:aws:iam::111122223333:user/eng/a/Asmith",
            ] {
                assert!(matches(pattern, arn), "{pattern} {arn}");
            }
            assert!(!matches(pattern, "arn:aws:iam::111122223333:user/asmith2"), "{pattern}");
            assert!(
                !matches(pattern, "arn:aws:iam::222222223333:user/asmith")
                    || pattern.contains("::*:")
            );
        }
    }

    #[test]
    fn a_session_is_matched_by_its_literal_name_and_a_role_that_may_be_a_glob() {
        let pattern = "arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com";
        assert!(matches(
            pattern,
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/Alice@example.com"
        ));
        assert!(!matches(
            pattern,
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/bob@example.com"
        ));
        assert!(!matches(
            pattern,
            "arn:aws:sts::111122223333:assumed-role/Deployer/alice@example.com"
        ));
        // A path may contain a colon.
        assert!(matches(
            "arn:aws:iam::*:user/bob",
            "arn:aws:iam::111122223333:user/alice:user/bob"
        ));
    }

    #[test]
    fn what_is_not_a_pattern_is_refused() {
        for bad in [
            "",
            "alice",
            "arn:aws:iam::111122223333",
            "arn:aws:iam::111122223333:root",
            "arn:*",
            "*:*:*:*:*:*/*",
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::*:user/ali?e",
            "arn:aws:sts::*:assumed-role/AWSReservedSSO_*/*",
            "arn:aws:sts::*:assumed-role/alice",
            "arn:aws:sts::*:assumed-role/a/b/alice",
            "arn:aws:sts::*:user/alice",
            "arn:aws:iam:eu-west-1:*:user/alice",
        ] {
            assert!(PrincipalPattern::parse(bad).is_err(), "{bad:?}");
        }
    }
}
