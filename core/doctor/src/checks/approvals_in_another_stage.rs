//! `approvals-in-another-stage`: approvals that a refusal cannot reopen.
//!
//! `RetryStageExecution` retries the stage that failed, which is the gate's (CodePipeline API
//! reference). `GetPipelineState` may show a newer execution in an earlier stage by then.

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
    // Another check reports approvals after the gate.
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
                    "The gate `{}` judges approvals of an earlier stage. Approvals that it refuses cannot be \
                     reopened without a new execution, and a newer execution may hide the approvers.",
                    gate.place.action.name
                ),
                "Put the approvals and the gate into one stage, and leave `stage` out of the rule.".to_owned(),
            )
        }
    });
    findings.collect()
}
