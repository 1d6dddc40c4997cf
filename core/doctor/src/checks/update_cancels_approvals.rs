//! `update-cancels-approvals`: a pipeline that changes itself while approvals of other executions
//! may be open.
//!
//! `UpdatePipeline` cancels the open approvals of running executions, and the executions stay in
//! progress (`tests/recorded/updated-while-waiting-for-approval.json`).

use findings::{Check, Finding, Severity};

use super::Find;
use crate::self_mutation::sign;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "update-cancels-approvals",
    severity: Severity::Note,
    title: "The pipeline changes itself while approvals may be open",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let approvals = topology.approvals();
    let (_, approval) = approvals.first()?;
    let changing = topology.places().find(|place| sign(place.stage, place.action).is_some())?;
    Some(Finding {
        evidence: vec![topology.evidence(changing), topology.evidence(*approval)],
        ..CHECK.finding(
            topology.arn(changing),
            format!(
                "If `{}` changes this pipeline while another execution waits for approval, CodePipeline cancels that \
                 approval, and the execution hangs: nobody can answer it any more.",
                changing.action.name
            ),
            "Stop an execution that hangs with `aws codepipeline stop-pipeline-execution`, and release again. To avoid \
             it, change the pipeline from another pipeline, while no approval is open."
                .to_owned(),
        )
    })
}
