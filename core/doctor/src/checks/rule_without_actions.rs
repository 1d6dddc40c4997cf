//! A rule that does not say which approvals it wants.

use rule::Rule;

use super::about_rule;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "rule-without-actions",
    severity: Severity::Note,
    title: "The rule has no `actions`",
};

pub(super) fn find(rule: &Rule) -> Option<Finding> {
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
