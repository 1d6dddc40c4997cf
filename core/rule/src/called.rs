//! What the rule calls people, and which of them a name from elsewhere means.

use std::collections::BTreeSet;

use crate::pattern::PrincipalPattern;
use crate::rule::Rule;

impl Rule {
    /// The people of `people` and `signingKeys` who may be meant by a name that another system
    /// gives somebody, such as the e-mail address that an identity provider knows. A name that the
    /// rule writes out means that entry. Otherwise everybody with one of its handles may be meant.
    ///
    /// The name proves nothing about approvals: nobody counts because of it.
    #[must_use]
    pub fn people_called(&self, name: &str) -> BTreeSet<&str> {
        let of = |is_meant: &dyn Fn(&str) -> bool| -> BTreeSet<&str> {
            let meant = self.names_of_people().filter(|(_, known)| is_meant(known));
            meant.map(|(entry, _)| entry).collect()
        };
        let written_out = of(&|known| known.eq_ignore_ascii_case(name));
        if !written_out.is_empty() {
            return written_out;
        }
        let handles = self.handles(name);
        of(&|known| !self.handles(known).is_disjoint(&handles))
    }

    /// Each entry of `people` and `signingKeys`, with its own name and with the names of its
    /// principals.
    pub(crate) fn names_of_people(&self) -> impl Iterator<Item = (&str, &str)> {
        let principals = self.people().iter().flat_map(|(entry, patterns)| {
            let names = patterns.iter().filter_map(PrincipalPattern::human_name);
            names.map(move |name| (entry.as_str(), name))
        });
        let entries = self.people().keys().map(String::as_str).chain(self.signer_names());
        principals.chain(entries.map(|entry| (entry, entry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"{
        "people": {
            "asmith": ["arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice.smith@example.com"],
            "bob": ["arn:aws:iam::111122223333:user/bob"],
            "bob-of-partner": ["arn:aws:iam::111122223333:user/bob@partner.example"]
        },
        "signingKeys": {
            "carol": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"]
        }
    }"#;

    #[test]
    fn a_name_from_elsewhere_means_who_has_it_or_one_of_its_handles() {
        let rule = Rule::floor(RULE).unwrap();
        for (name, meant) in [
            ("carol", &["carol"][..]),
            ("Carol-Admin+x@example.com", &["carol"]),
            ("alice.smith@example.com", &["asmith"]),
            ("alice.smith@elsewhere.example", &["asmith"]),
            ("asmith@example.com", &["asmith"]),
            // Written out.
            ("BOB@partner.example", &["bob-of-partner"]),
            ("bob", &["bob"]),
            // One handle of two people.
            ("bob@example.com", &["bob", "bob-of-partner"]),
            ("mallory@example.com", &[]),
            ("@example.com", &[]),
            ("", &[]),
        ] {
            assert_eq!(rule.people_called(name), meant.iter().copied().collect(), "{name}");
        }
    }
}
