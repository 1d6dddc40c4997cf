//! `nothing-to-guard`: a pipeline without approvals and without a visible deployment.

use findings::{Check, Finding, Severity};
use rule::ActionKind;

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "nothing-to-guard",
    severity: Severity::Note,
    title: "The pipeline has neither approvals nor a Deploy action",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let guarded = topology
        .places()
        .any(|place| place.action.deploys() || place.action.kind() == ActionKind::ManualApproval);
    if guarded || !topology.gates.is_empty() || topology.gates_as_conditions().next().is_some() {
        return None;
    }
    // Another check reports what the template does not decide: it may be an approval.
    if topology.pipeline.has_undecided_actions() {
        return None;
    }
    Some(
        CHECK.finding(
            topology.pipeline.arn.clone(),
            format!(
                "`{}` has no approvals, no gate and no action of category Deploy.",
                topology.pipeline.name()
            ),
            "If one of its builds or functions deploys to production, put approvals and the gate before it. Otherwise \
         accept this finding."
                .to_owned(),
        ),
    )
}
