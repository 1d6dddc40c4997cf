//! Patterns with `*` and `?` over IAM names and ARNs, blind to case as IAM names are.

use wildmatch::WildMatch;

/// A pattern over a role or user name, such as `AWSReservedSSO_*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameGlob {
    pattern: String,
    matcher: WildMatch,
}

impl NameGlob {
    /// # Errors
    /// Says what is wrong with the pattern: it is empty, or made of wildcards alone, which would match every name.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.bytes().all(|b| matches!(b, b'*' | b'?')) {
            return Err(format!(
                "`{pattern}` names nothing: write at least one letter of the name"
            ));
        }
        Ok(Self {
            pattern: pattern.to_owned(),
            matcher: WildMatch::new_case_insensitive(pattern),
        })
    }

    /// The pattern as it was written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matcher.matches(name)
    }
}

/// A pattern over a principal's ARN. Each of the six fields is matched by itself, so that a `*` never runs past a `:`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArnGlob {
    pattern: String,
    fields: [WildMatch; 6],
}

impl ArnGlob {
    /// # Errors
    /// Says what is wrong with the pattern.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let fields: Vec<WildMatch> = pattern.splitn(6, ':').map(WildMatch::new_case_insensitive).collect();
        let resource = pattern.splitn(6, ':').last().unwrap_or_default();
        match fields.try_into() {
            Ok(fields) if pattern.starts_with("arn:") && resource.contains('/') => Ok(Self {
                pattern: pattern.to_owned(),
                fields,
            }),
            Ok(_) | Err(_) => Err(format!(
                "`{pattern}` is not the ARN of a user or role session: write it like \
                 `arn:aws:iam::111122223333:user/alice` or `arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com`"
            )),
        }
    }

    /// The pattern as it was written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn matches(&self, arn: &str) -> bool {
        let mut fields = arn.splitn(6, ':');
        self.fields
            .iter()
            .all(|glob| fields.next().is_some_and(|field| glob.matches(field)))
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

    #[test]
    fn a_star_stays_in_its_field() {
        let glob = ArnGlob::parse("arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com").unwrap();
        assert!(glob.matches("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_01/Alice@example.com"));
        assert!(!glob.matches("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_01/bob@example.com"));
        let bob = ArnGlob::parse("arn:aws:iam::*:user/bob").unwrap();
        assert!(!bob.matches("arn:aws:iam::111122223333:user/alice:user/bob"));
        for bad in [
            "",
            "alice",
            "arn:aws:iam::111122223333",
            "arn:aws:iam::111122223333:root",
            "arn:*",
            "*:*:*:*:*:*/*",
        ] {
            assert!(ArnGlob::parse(bad).is_err(), "{bad:?}");
        }
    }
}
