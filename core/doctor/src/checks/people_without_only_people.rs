//! `people-without-only-people`: the rule names people, and others count too.

use findings::{Check, Finding, Severity};
use rule::{RequireSignature, Rule};

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "people-without-only-people",
    severity: Severity::Note,
    title: "`people` without `onlyPeople`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    let must_sign = rule.require_signature() != RequireSignature::No;
    if must_sign || rule.only_people() || rule.people_names().next().is_none() {
        return None;
    }
    Some(CHECK.finding(
        about_rule("onlyPeople"),
        "The rule names the principals of each person, but principals that it does not name count too, each as a separate person. A \
         new IAM user, or one that an entry forgets, can be a second person of one human."
            .to_owned(),
        "Set `onlyPeople` to true once `people` names everybody who approves.".to_owned(),
    ))
}
