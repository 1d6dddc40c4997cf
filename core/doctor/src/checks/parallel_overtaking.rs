//! `parallel-overtaking`: an old release that stays open beside newer ones, and may be deployed
//! over them.
//!
//! CodePipeline User Guide, "How pipeline executions work": in PARALLEL mode executions do not wait
//! for each other.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::pipeline::ExecutionMode;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "parallel-overtaking",
    severity: Severity::Note,
    title: "In PARALLEL mode an old approval that is still open may deploy over a newer release",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    if topology.pipeline.structure.execution_mode != ExecutionMode::Parallel {
        return None;
    }
    let open: Vec<_> = topology
        .approvals_without_timeout()
        .filter(|(gate, _)| gate.rule.max_age_minutes().is_none())
        .map(|(_, approval)| topology.evidence(approval))
        .collect();
    if open.is_empty() {
        return None;
    }
    Some(Finding {
        evidence: open,
        ..CHECK.finding(
            topology.pipeline.arn.clone(),
            "Executions run side by side, and approvals stay open for seven days: a forgotten release can be \
             approved after a newer one, and is then deployed over it."
                .to_owned(),
            "Set `timeoutInMinutes` on the approvals, or use another execution mode.".to_owned(),
        )
    })
}
