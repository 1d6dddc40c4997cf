//! `member-not-in-code`: a person in a group, or with a permission set or a tag, that code does not
//! put there.

use std::collections::BTreeMap;

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "member-not-in-code",
    severity: Severity::Error,
    title: "An approver that code does not name",
    find,
};

/// What one person has and should not have.
struct Extra {
    name: String,
    claims: Vec<String>,
    evidence: Vec<Evidence>,
}

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut extra: BTreeMap<String, Extra> = BTreeMap::new();
    for declared in &view.reach.scope.declared {
        let names = declared.in_lower_case();
        let members = view.members_of(&declared.place).unwrap_or_default().into_iter();
        for member in members.filter(|member| !names.contains(&member.name.to_lowercase())) {
            let known = extra.entry(member.arn).or_insert_with(|| Extra {
                name: member.name,
                claims: Vec::new(),
                evidence: Vec::new(),
            });
            known.claims.push(declared.place.claim());
            known.evidence.extend(member.evidence);
        }
    }
    let findings = extra.into_iter().map(|(arn, Extra { name, claims, evidence })| {
        let message = format!(
            "`{name}` {}, and the file of `--config` does not say so.",
            claims.join(" and ")
        );
        let help = "Take it away. If it is right, add the name to `members` in that file, in a \
                    change that somebody else reviews.";
        let mut finding = CHECK.finding(arn, message, help.to_owned());
        finding.called = name;
        finding.evidence = evidence;
        finding
    });
    Ok(findings.collect())
}
