//! `skippable-gate`: a stage that can be skipped together with its gate.
//!
//! CodePipeline User Guide, "Configure conditions for a stage": an entry condition may have the
//! result Skip, and the execution continues in the next stage.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "skippable-gate",
    severity: Severity::Error,
    title: "The stage of the gate can be skipped",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for gate in &topology.gates {
        let stage = gate.place.stage;
        let Some(when) = stage.ends_in("SKIP") else {
            continue;
        };
        let subject = topology.pipeline.stage_arn(stage);
        if findings.iter().any(|finding| finding.subject == subject) {
            continue;
        }
        findings.push(Finding {
            evidence: vec![
                Evidence::new("stage", &stage.name, format!("`{when}` has the result SKIP")),
                topology.evidence(gate.place),
            ],
            ..CHECK.finding(
                subject,
                format!(
                    "The stage `{}` is skipped if its `{when}` condition is not met, and the gate with it: \
                     the release continues without approvals.",
                    stage.name
                ),
                "Give the condition the result FAIL, or move it to a stage without approvals.".to_owned(),
            )
        });
    }
    findings
}
