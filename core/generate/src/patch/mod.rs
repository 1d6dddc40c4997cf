//! Inserts the approvals and the gate into a pipeline, before what they guard.

mod declaration;
mod error;
mod place;
mod template;

use doctor::template::{Declared, Kind, Values, kind, read};
use doctor::{examine, pipeline::Pipeline};
use names::Versions;
use rule::Rule;

use super::node::Node;
use super::spec::Spec;
use super::stage::{GATE_ACTION, PipelineType};
use place::Place;

pub use error::PatchError;

/// A pipeline with the stage in it.
pub(crate) struct Patched {
    /// The name of the file.
    pub(crate) name: &'static str,
    /// The file: the input of `aws codepipeline update-pipeline --cli-input-json`, or the template.
    pub(crate) text: String,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Inserts the stage into the pipeline of a file.
///
/// # Errors
/// [`PatchError`] if the file has no such pipeline, or the right place is not certain.
pub(crate) fn patch(text: &str, spec: &Spec) -> Result<Patched, PatchError> {
    let file = kind(text)?;
    let pipelines: Vec<Pipeline> = read(text, &Values::default())?
        .into_iter()
        .filter_map(|Declared { variants, .. }| Some(variants.into_iter().next()?.pipeline))
        .collect();
    let pipeline = covered(pipelines, spec)?;
    refuse_second_gate(&pipeline, spec)?;
    let place = place::choose(&pipeline, spec)?;
    let kind = match pipeline.structure.pipeline_type.as_deref() {
        Some("V2") => PipelineType::V2,
        Some(_) | None => PipelineType::V1,
    };
    let note = place.note(&pipeline, spec);
    let (name, text, note) = match file {
        Kind::Declaration(declaration) => {
            let declaration: Node = serde_json::from_str(&declaration)?;
            let text = declaration::insert(declaration, &place, spec, kind)?;
            ("pipeline.json", text, format!("{note}; update-pipeline puts it in force"))
        }
        Kind::CloudFormation => {
            let (name, text) = template::insert(text, &pipeline, &place, spec, kind)?;
            (name, text, format!("{note}; deploy the template to put it in force"))
        }
        Kind::Terraform => return Err(PatchError::Terraform),
    };
    let mut notes = vec![note];
    notes.extend(note_on(kind));
    check(&text, &pipeline, &place, spec, &mut notes)?;
    Ok(Patched { name, text, notes })
}

fn note_on(kind: PipelineType) -> Option<String> {
    (kind == PipelineType::V1).then(|| {
        "a pipeline of type V1 does not retry by itself: reopen refused approvals with \
         `retry-stage-execution --retry-mode ALL_ACTIONS`"
            .to_owned()
    })
}

/// The one pipeline that the policies are about.
fn covered(pipelines: Vec<Pipeline>, spec: &Spec) -> Result<Pipeline, PatchError> {
    let names: Vec<String> = pipelines.iter().map(|it| format!("`{}`", it.name())).collect();
    // A template need not say the name.
    let mut covered: Vec<Pipeline> = pipelines
        .into_iter()
        .filter(|pipeline| !pipeline.has_name() || spec.covers(pipeline.name()))
        .collect();
    match (covered.pop(), covered.is_empty()) {
        (Some(pipeline), true) => Ok(pipeline),
        (Some(_), false) => Err(PatchError::Several(names.join(", "))),
        (None, _) if names.is_empty() => Err(PatchError::NoPipeline),
        (None, _) => Err(PatchError::NotCovered(names.join(", "))),
    }
}

fn refuse_second_gate(pipeline: &Pipeline, spec: &Spec) -> Result<(), PatchError> {
    for stage in pipeline.stages() {
        for action in &stage.actions {
            let function = action.configuration.get("FunctionName");
            let is_gate = function
                .is_some_and(|function| spec.gate_function.matches(function, Versions::Any));
            if is_gate || action.name == GATE_ACTION {
                return Err(PatchError::GateThere {
                    stage: stage.name.clone(),
                    action: action.name.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Reads the result again: nothing else has changed, and the gate guards what it is there for.
fn check(
    text: &str,
    before: &Pipeline,
    place: &Place,
    spec: &Spec,
    notes: &mut Vec<String>,
) -> Result<(), PatchError> {
    let declared = read(text, &Values::default()).map_err(|_| PatchError::Layout)?;
    let mut pipelines = declared
        .into_iter()
        .filter_map(|Declared { variants, .. }| Some(variants.into_iter().next()?.pipeline));
    let after = pipelines.find(|after| after.arn == before.arn || after.name() == before.name());
    let after = after.filter(|after| place.is_all_that_differs(before, after));
    let Some(after) = after else {
        return Err(PatchError::Layout);
    };
    for finding in examine(&after, &spec.gate_function, &Rule::default()) {
        match finding.code {
            "deploy-before-gate" | "nothing-behind-gate" => {
                return Err(PatchError::Unsound(finding.message));
            }
            "deploy-before-approvals" | "self-mutating-pipeline" => notes.push(finding.message),
            _ => {}
        }
    }
    Ok(())
}
