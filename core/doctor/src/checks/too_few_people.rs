//! `too-few-people`: a closed world with fewer people than the quorum. Nobody can release.

use std::collections::BTreeSet;

use findings::{Check, Finding, Severity};
use rule::{RequireSignature, Rule};

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "too-few-people",
    severity: Severity::Error,
    title: "Fewer people can count than the quorum",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    let (key, lists, people): (_, _, BTreeSet<&str>) = match rule.require_signature() {
        RequireSignature::Any | RequireSignature::DeviceBound => {
            ("requireSignature", "`signingKeys`", rule.signer_names().collect())
        }
        RequireSignature::No if rule.only_people() => {
            let people = rule.people_names().chain(rule.signer_names());
            let lists = match rule.has_signing_keys() {
                true => "`people` and `signingKeys`",
                false => "`people`",
            };
            ("onlyPeople", lists, people.collect())
        }
        RequireSignature::No => return None,
    };
    if rule.quorum().is_met_by(people.len()) {
        return None;
    }
    Some(CHECK.finding(
        about_rule(key),
        format!(
            "Only the {} of {lists} count, as `{key}` is set, but `quorum` asks for {}: the gate never passes.",
            people.len(),
            rule.quorum().get()
        ),
        format!("Add everybody who approves to {lists}, with all that is theirs."),
    ))
}
