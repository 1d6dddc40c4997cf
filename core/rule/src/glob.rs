//! Patterns of IAM names with `*` and `?`, case-insensitive as IAM names are.

use wildmatch::WildMatch;

/// A pattern of role or user names, such as `AWSReservedSSO_*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameGlob {
    pattern: String,
    matcher: WildMatch,
}

impl NameGlob {
    /// # Errors
    /// What is wrong with the pattern: it is empty, or it consists of wildcards only and
    /// would match every name.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.bytes().all(|b| matches!(b, b'*' | b'?')) {
            return Err(format!(
                "`{pattern}` names nothing: write at least one letter of the name"
            ));
        }
        Ok(Self { pattern: pattern.to_owned(), matcher: WildMatch::new_case_insensitive(pattern) })
    }

    /// The pattern as the rule has it.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matcher.matches(name)
    }

    /// Whether this pattern matches every name that the other one matches. `false` if that cannot
    /// be decided.
    ///
    /// Without a `?`, only a `*` can take the wildcards of the other pattern, and then it also
    /// takes every text that they stand for.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let is_literal = !other.pattern.contains(['*', '?']);
        self.pattern.eq_ignore_ascii_case(&other.pattern)
            || ((is_literal || !self.pattern.contains('?')) && self.matches(&other.pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whole_and_case_insensitively() {
        let glob = NameGlob::parse("AWSReservedSSO_*").unwrap();
        assert!(glob.matches("awsreservedsso_Approver_0123"));
        assert!(!glob.matches("xAWSReservedSSO_Approver"));
        for nothing in ["", "*", "**", "?*"] {
            assert!(NameGlob::parse(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn a_pattern_covers_another_only_if_that_is_certain() {
        let covers = |wide: &str, narrow: &str| {
            NameGlob::parse(wide).unwrap().covers(&NameGlob::parse(narrow).unwrap())
        };
        assert!(covers("deploy-*", "Deploy-Bot"));
        assert!(covers("deploy-?", "deploy-x"));
        assert!(covers("d*", "deploy-*"));
        assert!(covers("d*t", "deploy-?t"));
        assert!(covers("deploy-?", "Deploy-?"));
        assert!(!covers("deploy-?", "deploy-*"));
        assert!(!covers("deploy-*", "d*"));
        assert!(!covers("*-bot", "deploy-*"));
    }
}
