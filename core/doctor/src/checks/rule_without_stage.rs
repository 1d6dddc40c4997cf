//! A rule that does not say in which stage the approvals are.

use rule::Rule;

use super::about_rule;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "rule-without-stage",
    severity: Severity::Note,
    title: "The rule has no `stage`",
};

pub(super) fn find(rule: &Rule) -> Option<Finding> {
    rule.stage().is_none().then(|| {
        CHECK.finding(
            about_rule("stage"),
            "The rule does not say in which stage the approvals are, so the gate takes its own stage: somebody who edits the pipeline can move \
             the gate to other approvals."
                .to_owned(),
            "Set `stage`. If the function serves pipelines whose stages have different names, accept this.".to_owned(),
        )
    })
}
