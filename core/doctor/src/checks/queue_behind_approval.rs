//! `queue-behind-approval`: a release that nobody answers, and all later ones that wait behind it.
//!
//! CodePipeline User Guide, "How pipeline executions work": in QUEUED mode executions are processed
//! one by one in order.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::pipeline::ExecutionMode;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "queue-behind-approval",
    severity: Severity::Note,
    title: "In QUEUED mode an approval that nobody answers holds up every later release",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    if topology.pipeline.structure.execution_mode != ExecutionMode::Queued {
        return None;
    }
    let open: Vec<_> = topology
        .approvals_without_timeout()
        .map(|(_, approval)| topology.evidence(approval))
        .collect();
    if open.is_empty() {
        return None;
    }
    Some(Finding {
        evidence: open,
        ..CHECK.finding(
            topology.pipeline.arn.clone(),
            "Executions wait for each other, and approvals stay open for seven days: one that nobody answers \
             holds up every later release, even an urgent one, and tempts people to bypass the gate."
                .to_owned(),
            "Set `timeoutInMinutes` on the approvals.".to_owned(),
        )
    })
}
