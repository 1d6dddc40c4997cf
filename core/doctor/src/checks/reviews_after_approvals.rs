//! `reviews-after-approvals`: people are asked to approve before anybody says who wrote it.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::place::Place;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "reviews-after-approvals",
    severity: Severity::Warning,
    title: "The function of `reviews` runs after an approval, or after the gate",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(reviewing) = &topology.reviewing else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for run in &reviewing.runs {
        let does_not_wait = |place: &Place<'_>| !run.precedes(*place);
        let gates: Vec<_> =
            topology.gates.iter().map(|gate| gate.place).filter(does_not_wait).collect();
        let approvals = topology.approvals().into_iter().map(|(_, approval)| approval);
        let approvals: Vec<_> = approvals.filter(does_not_wait).collect();
        let (severity, effect) = match (gates.is_empty(), approvals.is_empty()) {
            (true, true) => continue,
            (true, false) => (
                CHECK.severity,
                "People are asked to approve before they can read who wrote it and whether it was reviewed.",
            ),
            (false, _) if reviewing.excludes_authors => (
                Severity::Error,
                "The gate judges before the function has said who wrote it: nobody counts, and the gate never passes.",
            ),
            (false, _) => (
                CHECK.severity,
                "The gate judges before the function has said who wrote it and whether it was reviewed.",
            ),
        };
        let late = approvals.into_iter().chain(gates).map(|place| topology.evidence(place));
        findings.push(Finding {
            severity,
            evidence: std::iter::once(topology.evidence(*run)).chain(late).collect(),
            ..CHECK.finding(
                topology.arn(*run),
                format!("`{}` does not run before the approvals and the gate. {effect}", run.action.name),
                "Move it between the Source actions and the first approval: into a stage before that of the approvals, or to a smaller \
                 `runOrder`."
                    .to_owned(),
            )
        });
    }
    findings
}
