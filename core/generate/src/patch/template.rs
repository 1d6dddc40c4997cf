//! Inserts the stage into a CloudFormation template, as a text: comments, short forms and the order
//! of everything stay as they are. The caller reads the result again.

use doctor::pipeline::Pipeline;
use findings::pretty;

use super::error::PatchError;
use super::place::Place;
use crate::node::Node;
use crate::spec::Spec;
use crate::stage::{PipelineType, Stage};

/// The name and the content of the file.
pub(super) fn insert(
    text: &str,
    pipeline: &Pipeline,
    place: &Place,
    spec: &Spec,
    kind: PipelineType,
) -> Result<(&'static str, String), PatchError> {
    let Place::Stage(index) = place else {
        return Err(PatchError::ActionOfTemplate);
    };
    let next = pipeline.stages().get(*index).ok_or(PatchError::Layout)?;
    let line = pipeline.line_of(next).ok_or(PatchError::Layout)?;
    let lines: Vec<&str> = text.lines().collect();
    let at = line.checked_sub(1).ok_or(PatchError::Layout)?;
    let first = lines.get(at).ok_or(PatchError::Layout)?;
    let indent = first.len() - first.trim_start().len();
    let pad = first.get(..indent).unwrap_or_default();
    let stage = Stage::new(spec.targets.stage(), &spec.slots, &spec.gate_function, kind);
    let stage = in_template_names(&Node::from_value(&stage)?);
    let is_json = first.trim_start().starts_with('{') && text.trim_start().starts_with('{');
    let (name, stage) = if is_json {
        ("pipeline.json", format!("{},", pretty(&stage)?.trim_end()))
    } else if first.trim_start().starts_with("- ") {
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        ("pipeline.yaml", serde_saphyr::to_string_with_options(&[stage], options)?)
    } else {
        return Err(PatchError::Layout);
    };
    let stage = stage.lines().map(|line| match line.is_empty() {
        true => String::new(),
        false => format!("{pad}{line}"),
    });
    // Comments right above a stage belong to it.
    let above = lines.iter().take(at).rev();
    let comments = above.take_while(|line| !is_json && line.trim_start().starts_with('#')).count();
    let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let at = at - comments;
    all.splice(at..at, stage);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Ok((name, all.join(end) + end))
}

/// `Actions` for `actions`, and so on down. Lists without items are left out.
fn in_template_names(node: &Node) -> Node {
    match node {
        Node::Object(entries) => Node::Object(
            entries
                .iter()
                .filter(|(_, value)| !matches!(value, Node::List(items) if items.is_empty()))
                .filter(|(_, value)| !matches!(value, Node::Object(it) if it.is_empty()))
                .map(|(key, value)| (capitalised(key), in_template_names(value)))
                .collect(),
        ),
        Node::List(items) => Node::List(items.iter().map(in_template_names).collect()),
        Node::Scalar(value) => Node::Scalar(value.clone()),
    }
}

fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    match letters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}
