//! `too-few-people`: a closed world with fewer people than the quorum. Nobody can release.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "too-few-people",
    severity: Severity::Error,
    title: "`onlyPeople` counts fewer people than the quorum",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    let (people, quorum) = (rule.people_names().count(), rule.quorum());
    if !rule.only_people() || quorum.is_met_by(people) {
        return None;
    }
    Some(CHECK.finding(
        about_rule("onlyPeople"),
        format!(
            "Only the {people} of `people` count, as `onlyPeople` is set, but `quorum` asks for {}: the gate never passes.",
            quorum.get()
        ),
        "Add everybody who approves to `people`, each with all of their principals.".to_owned(),
    ))
}
