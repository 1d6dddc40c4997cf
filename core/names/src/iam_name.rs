//! Names of IAM's users, groups, roles, policies and sessions.

/// Whether IAM allows a character in names: `[\w+=,.@-]`, where `\w` is ASCII (IAM API model,
/// `userNameType`, `groupNameType`, `roleNameType`, `policyNameType`; STS API model,
/// `roleSessionNameType`).
#[must_use]
pub fn is_iam_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

/// Whether a text can be the name of a user, group, role, policy or session. The greatest length
/// differs between them (64 for users, roles and sessions, 128 for groups and policies) and is not
/// checked.
#[must_use]
pub fn is_iam_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_iam_name_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_path_and_no_wildcard() {
        for text in ["alice", "alice@example.com", "AWSReservedSSO_A_01", "a+b=c,d.e-f"] {
            assert!(is_iam_name(text), "{text:?}");
        }
        for text in ["", "a/b", "a b", "a:b", "Admin*", "álice", "alice\n", "a?"] {
            assert!(!is_iam_name(text), "{text:?}");
        }
    }
}
