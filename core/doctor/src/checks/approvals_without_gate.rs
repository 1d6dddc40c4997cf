//! `approvals-without-gate`: several approvals behind the last gate. One person may answer them
//! all.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::place::Place;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "approvals-without-gate",
    severity: Severity::Warning,
    title: "A stage asks for several approvals behind the last gate",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(last) = topology.gates.last() else {
        return Vec::new();
    };
    let judged = topology.approvals();
    let mut findings = Vec::new();
    let behind = topology.pipeline.stages().iter().enumerate().skip(last.place.stage_index + 1);
    for (index, stage) in behind {
        let in_stage = topology.places().filter(|place| place.stage_index == index);
        let is_unjudged = |place: &Place<'_>| {
            let known = judged.iter().any(|(_, approval)| *approval == *place);
            place.action.kind() == ActionKind::ManualApproval && !known
        };
        let unjudged: Vec<_> = in_stage.filter(is_unjudged).collect();
        // One approval asks for one person. Several approvals ask for several people.
        if unjudged.len() < 2 {
            continue;
        }
        findings.push(Finding {
            evidence: unjudged.iter().map(|place| topology.evidence(*place)).collect(),
            ..CHECK.finding(
                topology.pipeline.stage_arn(stage),
                format!(
                    "The stage `{}` asks for {} approvals, and no gate judges them: one person may answer them all.",
                    stage.name,
                    unjudged.len()
                ),
                "Put a gate into that stage too, after its approvals.".to_owned(),
            )
        });
    }
    findings
}
