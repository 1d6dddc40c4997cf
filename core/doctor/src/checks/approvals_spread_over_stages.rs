//! `approvals-spread-over-stages`: enough approvals, but in several stages. A gate counts those of
//! one stage.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::place::Place;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "approvals-spread-over-stages",
    severity: Severity::Warning,
    title: "The approvals are spread over several stages",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let approvals: Vec<Place<'_>> = topology
        .places()
        .filter(|place| place.action.kind() == ActionKind::ManualApproval)
        .collect();
    let first = approvals.first()?;
    if approvals.iter().all(|approval| approval.stage_index == first.stage_index) {
        return None;
    }
    // A stage with enough approvals for its gate is complete. The others may ask one person each.
    let is_complete = match topology.gates.as_slice() {
        [] => approvals.iter().any(|approval| {
            let beside = |other: &&Place<'_>| other.stage_index == approval.stage_index;
            approvals.iter().filter(beside).count() > 1
        }),
        gates => gates.iter().any(|gate| gate.rule.quorum().is_met_by(gate.required.len())),
    };
    if is_complete {
        return None;
    }
    let count = approvals.len();
    Some(Finding {
        evidence: approvals.iter().map(|approval| topology.evidence(*approval)).collect(),
        ..CHECK.finding(
            topology.pipeline.arn.clone(),
            format!(
                "`{}` has {count} approvals in several stages, and no stage has enough of them: a gate counts the \
                 approvals of one stage, and one person may answer those of each stage.",
                topology.pipeline.name()
            ),
            "Put the approvals into one stage, with the gate after them. Then a refusal can reopen them all."
                .to_owned(),
        )
    })
}
