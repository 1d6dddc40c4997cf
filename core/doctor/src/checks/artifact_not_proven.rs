//! `artifact-not-proven`: a deployment of something that the gate's proof does not name.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "artifact-not-proven",
    severity: Severity::Warning,
    title: "An artifact is deployed that the gate's proof does not name",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for deploying in topology.deployments() {
        let gate = topology.gate_before(deploying);
        let Some(gate) = gate.filter(|gate| gate.rule.proof().is_some()) else {
            continue;
        };
        let proven = &gate.place.action.input_artifacts;
        let inputs = deploying.action.input_artifacts.iter();
        for input in inputs.filter(|input| !proven.iter().any(|it| it.name == input.name)) {
            findings.push(Finding {
                evidence: vec![topology.evidence(gate.place), topology.evidence(deploying)],
                ..CHECK.finding(
                    topology.arn(deploying),
                    format!(
                        "`{}` deploys the artifact `{}`, which is not an input of `{}`: the proof of a release does \
                         not name it.",
                        deploying.action.name, input.name, gate.place.action.name
                    ),
                    format!("Add `{}` to the `inputArtifacts` of `{}`.", input.name, gate.place.action.name),
                )
            });
        }
    }
    findings
}
