//! `gate-before-approval`: a gate that judges while an approval is still open, or before it is
//! asked for.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "gate-before-approval",
    severity: Severity::Error,
    title: "The gate runs before or beside an approval that it has to judge",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &topology.gates {
        let late: Vec<_> = gate
            .approvals
            .iter()
            .filter(|approval| !approval.precedes(gate.place))
            .map(|approval| topology.evidence(*approval))
            .collect();
        if late.is_empty() {
            continue;
        }
        let chain = std::iter::once(topology.evidence(gate.place)).chain(late);
        findings.push(Finding {
            evidence: chain.collect(),
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The gate `{}` does not run after every approval that it has to judge, so it decides without them.",
                    gate.place.action.name
                ),
                "Give the gate a greater `runOrder` than every approval of its stage.".to_owned(),
            )
        });
    }
    findings
}
