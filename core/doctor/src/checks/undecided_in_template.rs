//! `undecided-in-template`: a value that a template leaves open, and that a check needs.

use findings::{Check, Evidence, Finding, Location, Severity};

use super::Find;
use crate::gate::Gate;
use crate::pipeline::{Action, Undecided, numbered};
use crate::reviews::Reviewing;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "undecided-in-template",
    severity: Severity::Error,
    title: "The template does not decide a value that the checks need",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let needed = topology.pipeline.undecided.iter().filter_map(|undecided| {
        let subject = subject_of_needed(topology, undecided)?;
        let (path, text) = (&undecided.path, &undecided.text);
        Some(Finding {
            evidence: vec![Evidence::new("value", path, text)],
            location: Some(Location {
                file: String::new(),
                line: Some(undecided.line).filter(|line| *line > 0),
                id: None,
            }),
            ..CHECK.finding(
                subject,
                format!(
                    "The template does not decide `{path}`, which is `{text}`. Whether the pipeline keeps the \
                     two-person rule depends on it."
                ),
                "Say what it is with `--parameter NAME=VALUE`, where NAME is what stands between `${` and `}`. Or check \
                 the pipeline when it is deployed, with `--pipeline`."
                    .to_owned(),
            )
        })
    });
    needed.collect()
}

/// The subject of a finding about the value. `None` if no check needs the value.
fn subject_of_needed(topology: &Topology<'_>, undecided: &Undecided) -> Option<String> {
    let pipeline = topology.pipeline;
    let Some((stage, rest)) = numbered(&undecided.path, "stages[") else {
        return matches!(undecided.path.as_str(), "stages" | "executionMode")
            .then(|| pipeline.arn.clone());
    };
    let stage = pipeline.stages().get(stage)?;
    let Some((action, key)) = numbered(rest, ".actions[") else {
        let is_setting = rest.contains(".configuration.") && !rest.ends_with(".FunctionName");
        // A stage's name is compared as it is written.
        let is_needed = !rest.ends_with(".name") && !is_setting;
        return is_needed.then(|| pipeline.stage_arn(stage));
    };
    let action = stage.actions.get(action)?;
    is_needed(topology, action, key).then(|| pipeline.action_arn(stage, action))
}

/// Whether a check needs this value of an action.
fn is_needed(topology: &Topology<'_>, action: &Action, key: &str) -> bool {
    match key {
        ".actionTypeId" | ".runOrder" | ".configuration.ActionMode" => true,
        ".configuration" | ".configuration.FunctionName" => {
            let has_no_reviews = |it: &Reviewing<'_>| it.runs.is_empty();
            let is_missing = topology.gates.is_empty()
                || topology.reviewing.as_ref().is_some_and(has_no_reviews);
            is_missing && action.runs_function()
        }
        ".name" => {
            let names_actions = |gate: &Gate<'_>| gate.rule.named_actions().next().is_some();
            action.kind().may_be_approval() && topology.gates.iter().any(names_actions)
        }
        // No check looks at the version of a type.
        key => key.starts_with(".actionTypeId.") && key != ".actionTypeId.version",
    }
}
