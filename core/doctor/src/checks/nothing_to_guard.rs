//! A pipeline with neither approvals nor a deployment that can be seen.

use rule::ActionKind;

use crate::topology::Topology;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "nothing-to-guard",
    severity: Severity::Note,
    title: "The pipeline has neither approvals nor a Deploy action",
};

pub(super) fn find(topology: &Topology<'_>) -> Option<Finding> {
    let guarded = topology
        .places()
        .any(|place| place.action.deploys() || place.action.kind() == ActionKind::ManualApproval);
    if guarded || !topology.gates.is_empty() || topology.gates_as_conditions().next().is_some() {
        return None;
    }
    Some(
        CHECK.finding(
            topology.pipeline.arn.clone(),
            format!(
                "`{}` has no approvals, no gate and no action of category Deploy.",
                topology.pipeline.name()
            ),
            "If one of its builds or functions deploys to production, put approvals and the gate before it; else \
         accept this finding."
                .to_owned(),
        ),
    )
}
