//! `too-few-approvals`: fewer approvals than persons. Nobody can release.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "too-few-approvals",
    severity: Severity::Error,
    title: "The gate asks for fewer approvals than persons",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &topology.gates {
        // Another check reports a missing stage.
        let (Some(stage), quorum) = (gate.approval_stage(), gate.rule.quorum()) else {
            continue;
        };
        if quorum.is_met_by(gate.required.len()) {
            continue;
        }
        let elsewhere = topology.places().filter(|place| {
            place.action.kind() == ActionKind::ManualApproval && place.stage_index != stage
        });
        let asked = match gate.required.len() {
            0 => "no approval".to_owned(),
            1 => "one approval".to_owned(),
            several => format!("{several} approvals"),
        };
        let chain = gate.approvals.iter().copied().chain(elsewhere);
        findings.push(Finding {
            evidence: chain.map(|approval| topology.evidence(approval)).collect(),
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The gate `{}` needs {} persons, but it asks for {asked}: one person answers each approval, so \
                     the gate never passes.",
                    gate.place.action.name,
                    quorum.get(),
                ),
                "Put as many manual approvals into the stage of the gate as the rule's `quorum` says, all with a \
                 smaller `runOrder` than the gate."
                    .to_owned(),
            )
        });
    }
    findings
}
