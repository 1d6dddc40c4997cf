//! The patterns of principals in the `people` map.

use names::{Arn, ForgeUser, NameError, is_iam_name};
use wildmatch::WildMatch;

use crate::principal::{Principal, PrincipalKind};

/// An entry of `people`: a pattern of ARNs such as
/// `arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com`, or a user of a forge.
///
/// Partition, account and role may contain wildcards. The name at the end identifies a human, and
/// is literal: otherwise two entries could split the names of one human between two people. The
/// path of a user is ignored, because names of users are unique without it. Everything is
/// case-insensitive, as IAM names are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrincipalPattern {
    text: String,
    meaning: Meaning,
}

/// What the pattern matches.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Principal { partition: WildMatch, account: WildMatch, named: Named },
    ForgeUser(ForgeUser),
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
        if ForgeUser::is_meant_by(text) {
            let user: ForgeUser = text.parse().map_err(|problem: NameError| problem.to_string())?;
            return Ok(Self { text: text.to_owned(), meaning: Meaning::ForgeUser(user) });
        }
        let form = || {
            format!(
                "`{text}` is neither the ARN of a user or role session nor a user of a forge: \
                 write it like `arn:aws:iam::111122223333:user/alice`, \
                 `arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com` or \
                 `github:alice-gh`"
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
            meaning: Meaning::Principal {
                partition: WildMatch::new_case_insensitive(partition),
                account: WildMatch::new_case_insensitive(account),
                named,
            },
        })
    }

    /// The pattern as the rule has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The name at the end, which identifies a human. `None` for a role, and for a user of a forge,
    /// whose login says nothing about names in AWS.
    pub(crate) fn human_name(&self) -> Option<&str> {
        match &self.meaning {
            Meaning::Principal {
                named: Named::User { name } | Named::Session { session: name, .. },
                ..
            } => Some(name),
            Meaning::Principal { named: Named::Role { .. }, .. } | Meaning::ForgeUser(_) => None,
        }
    }

    /// The user of a forge. `None` if it is a pattern of ARNs.
    pub(crate) fn forge_user(&self) -> Option<&ForgeUser> {
        match &self.meaning {
            Meaning::ForgeUser(user) => Some(user),
            Meaning::Principal { .. } => None,
        }
    }

    pub(crate) fn matches(&self, principal: &Principal) -> bool {
        let Meaning::Principal { partition, account, named } = &self.meaning else {
            return false;
        };
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let is_named = match (named, principal.kind()) {
            (Named::User { name }, PrincipalKind::User { name: other, .. }) => same(name, other),
            (Named::Role { name }, PrincipalKind::Role { role, .. }) => same(name, role),
            (
                Named::Session { role, session },
                PrincipalKind::Session { role: other, session: called, .. },
            ) => role.matches(other) && same(session, called),
            _ => false,
        };
        let own_partition = || Arn::parse(principal.arn()).map_or("", |arn| arn.partition);
        is_named
            && partition.matches(own_partition())
            && principal.account().is_some_and(|own| account.matches(own))
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
