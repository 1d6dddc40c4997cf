//! Inserts the approvals and the gate into a pipeline, before what they guard.

mod certain;
mod declaration;
mod error;
mod place;
mod sheet;
mod template;

use doctor::template::{Declared, Kind, Values, Variant, kind, read};
use doctor::{examine, pipeline::Pipeline};
use findings::{Finding, Severity, pretty};
use names::{Arn, Versions};
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

/// Inserts the stage into the pipeline of a file. A template in JSON that has no line for each
/// stage is laid out first.
///
/// # Errors
/// [`PatchError`] if the file has no such pipeline, or the right place is not certain.
pub(crate) fn patch(text: &str, spec: &Spec) -> Result<Patched, PatchError> {
    let refused = match insert(text, spec) {
        Err(PatchError::Layout) => PatchError::Layout,
        done => return done,
    };
    let Ok(node) = serde_json::from_str::<Node>(text) else { return Err(refused) };
    let mut patched = insert(&pretty(&node)?, spec)?;
    let note = "the template had no line for each stage and action, so it was laid out first";
    patched.notes.push(note.to_owned());
    Ok(patched)
}

fn insert(text: &str, spec: &Spec) -> Result<Patched, PatchError> {
    let file = kind(text)?;
    let variants = covered(read(text, &Values::default())?, spec)?;
    let (pipeline, place) = choose(&variants, spec)?;
    let kind = match pipeline.structure.pipeline_type.as_deref() {
        Some("V2") => PipelineType::V2,
        Some(_) | None => PipelineType::V1,
    };
    let note = place.note(pipeline, spec);
    let (name, text, note) = match file {
        Kind::Declaration(declaration) => {
            let declaration: Node = serde_json::from_str(&declaration)?;
            let text = declaration::insert(declaration, &place, spec, kind)?;
            ("pipeline.json", text, format!("{note}; update-pipeline puts it in force"))
        }
        Kind::CloudFormation => {
            let (name, text) = template::insert(text, pipeline, &place, spec, kind)?;
            (name, text, format!("{note}; deploy the template to put it in force"))
        }
        Kind::Terraform => return Err(PatchError::Terraform),
    };
    let mut notes = vec![note];
    notes.extend(note_on(kind));
    notes.extend(is_synthesised(&text).then(|| {
        "the CDK writes this template, so its next deployment takes the stage out again: put the \
         stage into the app too"
            .to_owned()
    }));
    check(&text, &variants, pipeline, &place, spec, &mut notes)?;
    Ok(Patched { name, text, notes })
}

/// Whether the CDK has written a template: it marks each resource with its path, and checks the
/// version of its bootstrap stack (AWS CDK Developer Guide, "Bootstrapping").
fn is_synthesised(text: &str) -> bool {
    ["\"aws:cdk:path\"", "/cdk-bootstrap/", "\"AWS::CDK::Metadata\""]
        .iter()
        .any(|mark| text.contains(mark))
}

/// The place in the first variant that has it.
fn choose<'a>(variants: &'a [Variant], spec: &Spec) -> Result<(&'a Pipeline, Place), PatchError> {
    let mut first = None;
    for Variant { pipeline, .. } in variants {
        refuse_second_gate(pipeline, spec)?;
        match place::choose(pipeline, spec) {
            Ok(place) => return Ok((pipeline, place)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(PatchError::NoPipeline))
}

fn note_on(kind: PipelineType) -> Option<String> {
    (kind == PipelineType::V1).then(|| {
        "a pipeline of type V1 does not retry by itself: reopen refused approvals with \
         `retry-stage-execution --retry-mode ALL_ACTIONS`"
            .to_owned()
    })
}

/// The variants of the one pipeline that the policies are about.
fn covered(declared: Vec<Declared>, spec: &Spec) -> Result<Vec<Variant>, PatchError> {
    let mut pipelines: Vec<Vec<Variant>> = declared.into_iter().map(|it| it.variants).collect();
    pipelines.retain(|variants| !variants.is_empty());
    let names: Vec<String> = pipelines
        .iter()
        .filter_map(|variants| Some(format!("`{}`", variants.first()?.pipeline.name())))
        .collect();
    // A template need not say the name.
    let is_covered =
        |Variant { pipeline, .. }: &Variant| !pipeline.has_name() || spec.covers(pipeline.name());
    pipelines.retain(|variants| variants.iter().any(is_covered));
    for Variant { pipeline, .. } in pipelines.iter().flatten() {
        let arn = Arn::parse(&pipeline.arn);
        if arn.is_some_and(|arn| !spec.targets.has_place(arn.region, arn.account)) {
            return Err(PatchError::Elsewhere(pipeline.arn.clone()));
        }
    }
    match (pipelines.pop(), pipelines.is_empty()) {
        (Some(variants), true) => Ok(variants),
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

/// Reads the result again: nothing else has changed, and the gate guards what it is there for. What
/// the checks of `policygen doctor` then say for the first time is refused or noted.
fn check(
    text: &str,
    before: &[Variant],
    pipeline: &Pipeline,
    place: &Place,
    spec: &Spec,
    notes: &mut Vec<String>,
) -> Result<(), PatchError> {
    let declared = read(text, &Values::default()).map_err(|_| PatchError::Layout)?;
    let mut declared = declared.into_iter().map(|declared| declared.variants);
    let is_it = |after: &[Variant]| {
        let same =
            |it: &Variant| it.pipeline.arn == pipeline.arn || it.pipeline.name() == pipeline.name();
        after.len() == before.len() && after.iter().any(same)
    };
    let after = declared.find(|after| is_it(after)).ok_or(PatchError::Layout)?;
    let mut is_there = false;
    for (Variant { pipeline: before, .. }, after) in before.iter().zip(after) {
        // What update-pipeline takes does not have the ARN.
        let mut after = after.pipeline;
        after.arn.clone_from(&before.arn);
        if !place.is_all_that_differs(pipeline, before, &after, spec) {
            return Err(PatchError::Layout);
        }
        is_there |= std::ptr::eq(before, pipeline) && place.is_in(&after);
        report(before, &after, spec, notes)?;
    }
    if is_there { Ok(()) } else { Err(PatchError::Layout) }
}

/// Refuses an error that `policygen doctor` reports for the first time, and notes new warnings.
fn report(
    before: &Pipeline,
    after: &Pipeline,
    spec: &Spec,
    notes: &mut Vec<String>,
) -> Result<(), PatchError> {
    let examine = |it: &Pipeline| examine(it, &spec.gate_function, &Rule::default());
    let known = examine(before);
    let is_new = |it: &Finding| {
        !known.iter().any(|known| (known.code, &known.subject) == (it.code, &it.subject))
    };
    for finding in examine(after).into_iter().filter(is_new) {
        match finding.severity {
            Severity::Error => return Err(PatchError::Unsound(finding.message)),
            Severity::Warning if !notes.contains(&finding.message) => notes.push(finding.message),
            Severity::Warning | Severity::Note => {}
        }
    }
    Ok(())
}
