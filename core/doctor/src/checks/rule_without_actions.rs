//! A rule that does not say which approvals it wants.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "rule-without-actions",
    severity: Severity::Note,
    title: "The rule has no `actions`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    rule.requires_every_approval().then(|| {
        CHECK.finding(
            about_rule("actions"),
            "The rule does not name the approvals that it wants, so the gate wants those that the stage happens to have: it does not miss \
             one that somebody takes out of the pipeline or renames."
                .to_owned(),
            "Set `actions`. If the function serves pipelines whose approvals have different names, accept this.".to_owned(),
        )
    })
}
