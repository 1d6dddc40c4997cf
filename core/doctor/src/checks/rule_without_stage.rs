//! `rule-without-stage`: a rule that does not name the stage of the approvals.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "rule-without-stage",
    severity: Severity::Note,
    title: "The rule has no `stage`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    rule.stage().is_none().then(|| {
        CHECK.finding(
            about_rule("stage"),
            "The rule does not name the stage of the approvals, so the gate uses its own stage: somebody who edits the pipeline can move \
             the gate to other approvals."
                .to_owned(),
            "Set `stage`. If the function serves pipelines whose stages have different names, accept this finding.".to_owned(),
        )
    })
}
