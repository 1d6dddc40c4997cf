//! A deployment of something that was not there yet when it was approved.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "artifact-after-approval",
    severity: Severity::Warning,
    title: "What is deployed was made after the approvals began",
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
                        "`{}` deploys the artifact `{}`, which `{}` makes when approvals may have been given \
                         already: it is not what the approvers could look at.",
                        deploying.action.name, input.name, made.action.name
                    ),
                    "Make everything that is deployed in stages before the approvals.".to_owned(),
                )
            });
        }
    }
    findings
}
