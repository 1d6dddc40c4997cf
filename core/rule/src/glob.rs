//! Patterns with `*` and `?` over IAM names, blind to case as IAM names are.

use wildmatch::WildMatch;

/// A pattern over a role or user name, such as `AWSReservedSSO_*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameGlob {
    pattern: String,
    matcher: WildMatch,
}

impl NameGlob {
    /// # Errors
    /// Says what is wrong with the pattern: it is empty, or made of wildcards alone, which would
    /// match every name.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.bytes().all(|b| matches!(b, b'*' | b'?')) {
            return Err(format!(
                "`{pattern}` names nothing: write at least one letter of the name"
            ));
        }
        Ok(Self { pattern: pattern.to_owned(), matcher: WildMatch::new_case_insensitive(pattern) })
    }

    /// The pattern as it was written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matcher.matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whole_and_blind_to_case() {
        let glob = NameGlob::parse("AWSReservedSSO_*").unwrap();
        assert!(glob.matches("awsreservedsso_Approver_0123"));
        assert!(!glob.matches("xAWSReservedSSO_Approver"));
        for nothing in ["", "*", "**", "?*"] {
            assert!(NameGlob::parse(nothing).is_err(), "{nothing:?}");
        }
    }
}
