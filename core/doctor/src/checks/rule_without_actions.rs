//! `rule-without-actions`: a rule that does not name the approvals that it requires.

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
            "The rule does not name the approvals that it requires, so the gate requires the approvals that the stage has. If somebody \
             removes one from the pipeline or renames it, the gate does not notice."
                .to_owned(),
            "Set `actions`. If the function serves pipelines whose approvals have different names, accept this finding.".to_owned(),
        )
    })
}
