//! Fewer approvals than persons: nobody can ever release.

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
        // A stage that is not there is another finding.
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
            0 => "it asks for no approval, which is".to_owned(),
            1 => "it asks for one approval, which is".to_owned(),
            several => format!("it asks for {several} approvals, which is"),
        };
        let chain = gate.approvals.iter().copied().chain(elsewhere);
        findings.push(Finding {
            evidence: chain.map(|approval| topology.evidence(approval)).collect(),
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The gate `{}` needs {} persons, and {asked} too few for them: one action is approved by one \
                     person, so the gate never passes.",
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
