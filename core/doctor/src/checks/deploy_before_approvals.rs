//! `deploy-before-approvals`: a deployment in a stage before the approvals. To production, it
//! bypasses the gate; to a test environment, it is usual.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "deploy-before-approvals",
    severity: Severity::Warning,
    title: "A deployment comes before the approvals",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(first) = topology.gates.first() else {
        return Vec::new();
    };
    let begins = first.first_guarded_stage();
    let early = topology.deployments().filter(|place| place.stage_index < begins);
    let findings = early.map(|place| Finding {
        evidence: vec![topology.evidence(place), topology.evidence(first.place)],
        ..CHECK.finding(
            topology.arn(place),
            format!(
                "`{}` deploys before anybody is asked for an approval.",
                place.action.name
            ),
            "If it deploys to production, move it behind the gate. If it deploys to a test environment, accept \
             this finding with that reason."
                .to_owned(),
        )
    });
    findings.collect()
}
