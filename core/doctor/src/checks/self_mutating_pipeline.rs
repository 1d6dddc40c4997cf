//! `self-mutating-pipeline`: a pipeline that rewrites itself before anybody is asked. One commit
//! can remove the gate.
//!
//! Nothing in a pipeline's structure says that an action changes the pipeline, so this check uses
//! names: the default names of CDK Pipelines (`UpdatePipeline/SelfMutate`; AWS CDK API reference,
//! `selfMutation`), and stacks that are named after a pipeline.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::place::Place;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "self-mutating-pipeline",
    severity: Severity::Warning,
    title: "The pipeline changes itself before the approvals",
    find: Find::Pipeline(find),
};

/// Parts of the names of such actions, stages and projects, in lower case and without separators.
const MARKS: [&str; 4] = ["selfmutat", "updatepipeline", "pipelineupdate", "mutatepipeline"];

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(first) = topology.gates.first() else {
        return Vec::new();
    };
    let before =
        topology.places().filter(|place| !first.place.precedes(*place) && changes_pipeline(*place));
    let findings = before.map(|place| Finding {
        evidence: vec![topology.evidence(place), topology.evidence(first.place)],
        ..CHECK.finding(
            topology.arn(place),
            format!(
                "Its name, or that of its stage, project or stack, suggests that `{}` changes this pipeline to what the commit says, before \
                 anybody is asked: a commit that removes the gate is released without it.",
                place.action.name
            ),
            "Change the pipeline from another pipeline that asks two people, or behind the gate. In CDK Pipelines, set \
             `selfMutation: false`. If the action changes something else, accept this finding."
                .to_owned(),
        )
    });
    findings.collect()
}

/// Whether the names suggest that an action changes the pipeline.
fn changes_pipeline(place: Place<'_>) -> bool {
    let configured = |key: &str| place.action.configuration.get(key).map(|value| plain(value));
    let marked = |name: &str| MARKS.iter().any(|mark| name.contains(mark));
    if place.action.kind().may_be_approval() || place.action.action_type_id.category == "Source" {
        return false;
    }
    let names = [
        Some(plain(&place.action.name)),
        Some(plain(&place.stage.name)),
        configured("ProjectName"),
    ];
    let stack = configured("StackName").filter(|_| place.action.deploys());
    names.iter().flatten().any(|name| marked(name))
        || stack.is_some_and(|name| name.contains("pipeline"))
}

/// A name in lower case, without separators.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
