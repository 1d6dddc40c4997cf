//! `deploy-before-gate`: a deployment in or after the stage of the approvals that does not wait for
//! the gate.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "deploy-before-gate",
    severity: Severity::Error,
    title: "A deployment among the approvals does not wait for the gate",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(first) = topology.gates.first() else {
        return Vec::new();
    };
    let begins = first.first_guarded_stage();
    let early = topology
        .deployments()
        .filter(|place| place.stage_index >= begins && !first.place.precedes(*place));
    let findings = early.map(|place| Finding {
        evidence: vec![topology.evidence(place), topology.evidence(first.place)],
        ..CHECK.finding(
            topology.arn(place),
            format!(
                "`{}` deploys before or beside the gate `{}`, even if the gate refuses.",
                place.action.name, first.place.action.name
            ),
            "Move it into a stage after the gate's, or give it a greater `runOrder` than the gate."
                .to_owned(),
        )
    });
    findings.collect()
}
