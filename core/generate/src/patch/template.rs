//! Inserts the stage into a CloudFormation template, as a text: comments, short forms and the order
//! of everything stay as they are. The caller reads the result again.

use doctor::pipeline::Pipeline;
use findings::pretty;

use super::declaration::{order_of, set_order};
use super::error::PatchError;
use super::place::{ORDERS, Place};
use super::sheet::Sheet;
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
    let stage = Stage::new(spec, kind);
    let stage = Node::from_value(&stage)?;
    let mut sheet = Sheet::new(text);
    let layout = || PatchError::Layout;
    match place {
        Place::Stage(index) => {
            let next = pipeline.stages().get(*index).ok_or_else(layout)?;
            let line = pipeline.line_of(next).ok_or_else(layout)?;
            let item = sheet.item(line, "Stages").ok_or_else(layout)?;
            let items = as_items(&[in_template_names(&stage)], sheet.is_json())?;
            if !sheet.insert_alike(item, line, &items) {
                sheet.insert(item, &items);
            }
        }
        Place::Action { stage: index, run_order } => {
            let there = pipeline.stages().get(*index).ok_or_else(layout)?;
            let mut items = Vec::new();
            for action in &there.actions {
                let line = pipeline.line_of_action(there, action).ok_or_else(layout)?;
                let item = sheet.item(line, "Actions").ok_or_else(layout)?;
                items.push((item, action.run_order));
            }
            let behind = items.iter().find(|(_, order)| *order >= *run_order);
            let (next, _) = *behind.or(items.last()).ok_or_else(layout)?;
            // From the last to the first, so that a new line moves none that is still needed.
            for (item, order) in items.into_iter().rev() {
                if order >= *run_order && !sheet.set_run_order(item, order + ORDERS) {
                    return Err(PatchError::Layout);
                }
            }
            let mut actions = stage.get("actions").map(Node::items).unwrap_or_default().to_vec();
            for action in &mut actions {
                // The stage has the approvals at 1 and the gate at 2.
                set_order(action, order_of(action) - 1 + run_order)?;
            }
            let actions: Vec<Node> = actions.iter().map(in_template_names).collect();
            let items = as_items(&actions, sheet.is_json())?;
            sheet.insert(next, &items);
        }
    }
    let name = if sheet.is_json() { "pipeline.json" } else { "pipeline.yaml" };
    Ok((name, sheet.into_text()))
}

/// Items of a list that has others behind them.
fn as_items(items: &[Node], is_json: bool) -> Result<String, PatchError> {
    if !is_json {
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        return Ok(serde_saphyr::to_string_with_options(&items, options)?);
    }
    let mut text = String::new();
    for item in items {
        text.push_str(pretty(item)?.trim_end());
        text.push_str(",\n");
    }
    Ok(text)
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
