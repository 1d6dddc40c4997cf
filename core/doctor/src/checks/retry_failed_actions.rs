//! `retry-failed-actions`: an automatic retry that repeats only the approval that was rejected.
//!
//! CodePipeline API reference, `RetryConfiguration`: `FAILED_ACTIONS` repeats the actions that
//! failed, `ALL_ACTIONS` the whole stage. The gate does not count an approval that is older than a
//! rejection.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::pipeline::is_open;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "retry-failed-actions",
    severity: Severity::Warning,
    title: "The stage retries only failed actions",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for gate in &topology.gates {
        let stages = [Some(gate.place.stage_index), gate.approval_stage()];
        for stage in
            stages.into_iter().flatten().filter_map(|index| topology.pipeline.stages().get(index))
        {
            let Some(failure) = stage
                .on_failure
                .as_ref()
                .filter(|failure| failure.result.as_deref() == Some("RETRY"))
            else {
                continue;
            };
            let mode =
                failure.retry_configuration.as_ref().and_then(|retry| retry.retry_mode.as_deref());
            let subject = topology.pipeline.stage_arn(stage);
            // Another check reports a mode that a template leaves open.
            if mode.is_some_and(|mode| mode == "ALL_ACTIONS" || is_open(mode))
                || findings.iter().any(|finding| finding.subject == subject)
            {
                continue;
            }
            let setting = mode.map_or_else(
                || "without a retryMode".to_owned(),
                |mode| format!("retryMode {mode}"),
            );
            findings.push(Finding {
                evidence: vec![Evidence::new("stage", &stage.name, format!("onFailure RETRY, {setting}"))],
                ..CHECK.finding(
                    subject,
                    format!(
                        "After a rejection the stage `{}` asks only that approver again. The other approvals are \
                         older than the rejection, so the gate does not count them, and the retry fails.",
                        stage.name
                    ),
                    "Set `retryMode` to `ALL_ACTIONS`, so that everybody is asked again.".to_owned(),
                )
            });
        }
    }
    findings
}
