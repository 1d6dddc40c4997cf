//! `artifact-after-approval`: a deployment of something that did not exist yet when people approved
//! it.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "artifact-after-approval",
    severity: Severity::Warning,
    title: "An artifact is made after the approvals begin, and then deployed",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for deploying in topology.deployments() {
        let gate = topology.gate_before(deploying);
        let Some(approval) = gate.and_then(|gate| gate.first_approval()) else {
            continue;
        };
        for input in &deploying.action.input_artifacts {
            let made = topology.places().find(|place| {
                let outputs = &place.action.output_artifacts;
                outputs.iter().any(|output| output.name == input.name) && !place.precedes(approval)
            });
            let Some(made) = made else {
                continue;
            };
            findings.push(Finding {
                evidence: vec![
                    topology.evidence(approval),
                    topology.evidence(made),
                    topology.evidence(deploying),
                ],
                ..CHECK.finding(
                    topology.arn(deploying),
                    format!(
                        "`{}` deploys the artifact `{}`, but `{}` may make it after somebody has approved: the \
                         approvers could not look at it.",
                        deploying.action.name, input.name, made.action.name
                    ),
                    "Make everything that is deployed in stages before the approvals.".to_owned(),
                )
            });
        }
    }
    findings
}
