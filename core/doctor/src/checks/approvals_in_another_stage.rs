//! Approvals that a refusal cannot reopen.
//!
//! `RetryStageExecution` retries the stage that failed, which is the gate's (CodePipeline API
//! reference). What an earlier stage shows in `GetPipelineState` may be a newer execution's by
//! then.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "approvals-in-another-stage",
    severity: Severity::Warning,
    title: "The approvals are in another stage than the gate",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    // Approvals after the gate are another finding.
    let split = topology.gates.iter().filter(|gate| {
        let elsewhere = gate.approval_stage().is_some_and(|stage| stage < gate.place.stage_index);
        elsewhere && !gate.approvals.is_empty()
    });
    let findings = split.map(|gate| {
        let chain = gate.approvals.iter().chain([&gate.place]);
        Finding {
            evidence: chain.map(|place| topology.evidence(*place)).collect(),
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The gate `{}` judges approvals of an earlier stage. What it refuses cannot be reopened \
                     without a new execution, and a newer execution may hide who approved.",
                    gate.place.action.name
                ),
                "Put the approvals and the gate into one stage, and leave `stage` out of the rule.".to_owned(),
            )
        }
    });
    findings.collect()
}
