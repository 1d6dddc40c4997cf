//! `self-mutating-pipeline`: a pipeline that rewrites itself before anybody is asked. One commit
//! can remove the gate.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::self_mutation::{Sign, sign};
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "self-mutating-pipeline",
    severity: Severity::Warning,
    title: "The pipeline changes itself before the approvals",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(first) = topology.gates.first() else {
        return Vec::new();
    };
    let before = topology.places().filter(|place| !first.place.precedes(*place));
    let findings = before.filter_map(|place| {
        let name = &place.action.name;
        let changes = match sign(place.stage, place.action)? {
            Sign::OwnStack => format!("`{name}` updates the stack that this template becomes. It"),
            Sign::Command => {
                format!("`{name}` runs `aws codepipeline update-pipeline`. It probably")
            }
            Sign::Name => {
                format!("Its name, or that of its stage, project or stack, suggests that `{name}`")
            }
        };
        Some(Finding {
            evidence: vec![topology.evidence(place), topology.evidence(first.place)],
            ..CHECK.finding(
                topology.arn(place),
                format!(
                    "{changes} changes this pipeline to what the commit says, before anybody is asked: a commit that \
                     removes the gate is released without it."
                ),
                "Change the pipeline from another pipeline that asks two people, or behind the gate. In CDK Pipelines, \
                 set `selfMutation: false`. If the action changes something else, accept this finding."
                    .to_owned(),
            )
        })
    });
    findings.collect()
}
