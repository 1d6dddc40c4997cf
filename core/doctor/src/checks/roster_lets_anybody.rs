//! `roster-lets-anybody`: a roster that restricts nothing.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "roster-lets-anybody",
    severity: Severity::Note,
    title: "The roster lets anybody serve every action",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    let mut actions = rule.rostered_actions().peekable();
    let restricts_nothing =
        actions.peek().is_some() && actions.all(|action| rule.lets_anybody(action));
    restricts_nothing.then(|| {
        CHECK.finding(
            about_rule("roster"),
            "Every entry of `roster` is `[\"*\"]`: it seems to restrict who may approve what, but anybody may."
                .to_owned(),
            "Name the people, or remove `roster`.".to_owned(),
        )
    })
}
