//! Makes labels of resources in templates from IAM names, and keeps them unique.

use std::collections::BTreeSet;

/// The labels in use.
#[derive(Default)]
pub(super) struct Labels(BTreeSet<String>);

impl Labels {
    /// A logical id of CloudFormation: letters and digits.
    pub(super) fn logical_id(&mut self, name: &str, kind: &str) -> String {
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        self.unique(&format!("{letters}{kind}"), "")
    }

    /// A name for Terraform: letters, digits and `_`, not beginning with a digit.
    pub(super) fn terraform(&mut self, name: &str) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }
        };
        let label: String = name.chars().map(plain).collect();
        let first = label.starts_with(|c: char| c.is_ascii_digit());
        self.unique(&if first { format!("_{label}") } else { label }, "_")
    }

    fn unique(&mut self, label: &str, separator: &str) -> String {
        let mut candidate = label.to_owned();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{label}{separator}{number}");
            number += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_plain_and_unique() {
        let mut labels = Labels::default();
        assert_eq!(labels.logical_id("Two-Person_Rule", "Group"), "TwoPersonRuleGroup");
        assert_eq!(labels.logical_id("TwoPerson.Rule", "Group"), "TwoPersonRuleGroup2");
        assert_eq!(labels.terraform("a.b"), "a_b");
        assert_eq!(labels.terraform("a@b"), "a_b_2");
        assert_eq!(labels.terraform("2nd"), "_2nd");
    }
}
