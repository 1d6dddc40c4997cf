//! `no-gate`: approvals or a deployment, and nothing that counts the persons.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-gate",
    severity: Severity::Error,
    title: "No action runs the gate",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    // Other checks report a gate in the wrong place.
    if !topology.gates.is_empty() || topology.gates_as_conditions().next().is_some() {
        return None;
    }
    // Another check reports what the template does not decide: it may be the gate.
    if topology.pipeline.has_undecided_actions() {
        return None;
    }
    let guarded: Vec<_> = topology
        .places()
        .filter(|place| place.action.deploys() || place.action.kind() == ActionKind::ManualApproval)
        .map(|place| topology.evidence(place))
        .collect();
    if guarded.is_empty() {
        return None;
    }
    let function = topology.function.name();
    Some(Finding {
        evidence: guarded,
        ..CHECK.finding(
            topology.pipeline.arn.clone(),
            format!(
                "No action of `{}` runs the function `{function}`: nothing counts the persons behind a \
                 release.",
                topology.pipeline.name()
            ),
            "Put the gate into the stage of the approvals, after them: `policygen generate --patch-pipeline` \
             does it. If the function has another name, give it with `--gate-function`."
                .to_owned(),
        )
    })
}
