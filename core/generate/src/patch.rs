//! Inserts the stage into a pipeline, before the first stage that deploys.

use names::{FunctionRef, Versions};

use super::node::Node;
use super::spec::Spec;
use super::stage::{GATE_ACTION, PipelineType, Stage};

/// Why a pipeline cannot take the stage.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The file is not JSON.
    #[error("it is not the JSON that `aws codepipeline get-pipeline` prints")]
    NotJson(#[from] serde_json::Error),
    /// The JSON is not a pipeline.
    #[error(
        "it is not what `aws codepipeline get-pipeline` prints: it has no `pipeline` with a `name` \
         and `stages`"
    )]
    NotAPipeline,
    /// The generated policies are not about this pipeline.
    #[error(
        "the pipeline `{0}` is not among those of `--pipeline`, so nobody could approve in it; add \
         it there"
    )]
    NotCovered(String),
    /// The gate is there.
    #[error(
        "the action `{action}` of the stage `{stage}` runs the gate already; there is nothing to do"
    )]
    GateThere {
        /// The gate's stage.
        stage: String,
        /// The gate's action.
        action: String,
    },
    /// A stage has the same name.
    #[error(
        "there is a stage `{0}` already; give another `--stage`, or put the gate into that stage \
         by hand (`--stage-json` shows how)"
    )]
    StageThere(String),
    /// The pipeline has no deploy stage.
    #[error(
        "no stage has an action of category Deploy, so there is nothing to guard that this program \
         knows; insert the stage by hand (`--stage-json` prints it)"
    )]
    NothingDeploys,
    /// The first stage is a deploy stage.
    #[error(
        "the first stage deploys, and nothing can come before it; move its deploy actions into a \
         later stage"
    )]
    DeploysFirst,
}

/// A pipeline with the stage in it.
pub(crate) struct Patched {
    /// The input of `aws codepipeline update-pipeline --cli-input-json`.
    pub(crate) pipeline: Node,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

pub(crate) fn patch(json: &str, spec: &Spec) -> Result<Patched, PatchError> {
    let file: Node = serde_json::from_str(json)?;
    let mut pipeline = file.get("pipeline").ok_or(PatchError::NotAPipeline)?.clone();
    let name = pipeline.get("name").and_then(Node::as_str).ok_or(PatchError::NotAPipeline)?;
    if !spec.covers(name) {
        return Err(PatchError::NotCovered(name.to_owned()));
    }
    // The default type is V1 (CodePipeline API reference, `PipelineDeclaration`).
    let kind = match pipeline.get("pipelineType").and_then(Node::as_str) {
        Some("V2") => PipelineType::V2,
        Some(_) | None => PipelineType::V1,
    };
    let Node::Object(entries) = &mut pipeline else {
        return Err(PatchError::NotAPipeline);
    };
    let Some(Node::List(stages)) = entries.get_mut("stages") else {
        return Err(PatchError::NotAPipeline);
    };
    let stage_name: &str = spec.targets.stage();
    refuse_second_gate(stages, &spec.gate_function)?;
    if stages.iter().any(|stage| name_of(stage) == stage_name) {
        return Err(PatchError::StageThere(stage_name.to_owned()));
    }
    let place = stages.iter().position(deploys).ok_or(PatchError::NothingDeploys)?;
    if place == 0 {
        return Err(PatchError::DeploysFirst);
    }
    let mut notes = vec![format!(
        "the stage `{stage_name}` is before `{}`; update-pipeline puts it in force",
        stages.get(place).map(name_of).unwrap_or_default()
    )];
    if kind == PipelineType::V1 {
        notes.push(
            "a pipeline of type V1 does not retry by itself: reopen refused approvals with \
             `retry-stage-execution --retry-mode ALL_ACTIONS`"
                .to_owned(),
        );
    }
    let stage = Stage::new(stage_name, &spec.slots, &spec.gate_function, kind);
    stages.insert(place, Node::from_value(&stage)?);
    Ok(Patched {
        // Without `metadata`, which update-pipeline refuses.
        pipeline: Node::object([("pipeline", pipeline)]),
        notes,
    })
}

fn refuse_second_gate(stages: &[Node], gate: &FunctionRef) -> Result<(), PatchError> {
    for stage in stages {
        for action in actions(stage) {
            let function = action
                .get("configuration")
                .and_then(|c| c.get("FunctionName"))
                .and_then(Node::as_str);
            let is_gate = function.is_some_and(|function| gate.matches(function, Versions::Any));
            if is_gate || name_of(action) == GATE_ACTION {
                return Err(PatchError::GateThere {
                    stage: name_of(stage).to_owned(),
                    action: name_of(action).to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn deploys(stage: &Node) -> bool {
    let category = |action: &Node| {
        action.get("actionTypeId")?.get("category")?.as_str().map(|c| c == "Deploy")
    };
    actions(stage).iter().any(|action| category(action) == Some(true))
}

fn actions(stage: &Node) -> &[Node] {
    stage.get("actions").map(Node::items).unwrap_or_default()
}

fn name_of(node: &Node) -> &str {
    node.get("name").and_then(Node::as_str).unwrap_or_default()
}
