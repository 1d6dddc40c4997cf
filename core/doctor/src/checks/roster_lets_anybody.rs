//! A roster that restricts nothing.

use rule::Rule;

use super::about_rule;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "roster-lets-anybody",
    severity: Severity::Note,
    title: "The roster lets anybody serve every action",
};

pub(super) fn find(rule: &Rule) -> Option<Finding> {
    let mut actions = rule.rostered_actions().peekable();
    let restricts_nothing =
        actions.peek().is_some() && actions.all(|action| rule.lets_anybody(action));
    restricts_nothing.then(|| {
        CHECK.finding(
            about_rule("roster"),
            "Every entry of `roster` is `[\"*\"]`: it looks as if it said who may approve what, and it lets anybody."
                .to_owned(),
            "Name the people, or leave `roster` out.".to_owned(),
        )
    })
}
