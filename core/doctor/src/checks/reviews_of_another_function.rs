//! `reviews-of-another-function`: an action that seems to run the function of `reviews`, and runs
//! another version of it, or a function of another region or account.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "reviews-of-another-function",
    severity: Severity::Error,
    title: "An action runs another function than that of `reviews`",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    // The gate reads the right one, if that is there too, and ignores the others.
    let Some(reviewing) = topology.reviewing.as_ref().filter(|it| it.runs.is_empty()) else {
        return Vec::new();
    };
    let findings = reviewing.others.iter().map(|(place, differences)| Finding {
        severity: reviewing.severity(),
        evidence: vec![topology.evidence(*place)],
        ..CHECK.finding(
            topology.arn(*place),
            format!(
                "`{}` looks like the action that says who wrote what is released, but it is not: {}. The gate does not \
                 believe it.",
                place.action.name,
                differences.join("; ")
            ),
            "Let the action run the function that the rule names, in the account and the region of the pipeline. Or change \
             `reviews.function` in the rule, if that is the wrong one."
                .to_owned(),
        )
    });
    findings.collect()
}
