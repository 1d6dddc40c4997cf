//! Inserts the stage into what the API gives.

use findings::pretty;
use serde_json::json;

use super::error::PatchError;
use super::place::{ORDERS, Place};
use crate::node::Node;
use crate::spec::Spec;
use crate::stage::{PipelineType, Stage};

/// The input of `aws codepipeline update-pipeline --cli-input-json`: without `metadata`, which it
/// refuses.
pub(super) fn insert(
    mut declaration: Node,
    place: &Place,
    spec: &Spec,
    kind: PipelineType,
) -> Result<String, PatchError> {
    let stage = Stage::new(spec, kind);
    let stage = Node::from_value(&stage)?;
    let stages = list(&mut declaration, "stages").ok_or(PatchError::Layout)?;
    match place {
        Place::Stage(index) if *index <= stages.len() => stages.insert(*index, stage),
        Place::Stage(_) => return Err(PatchError::Layout),
        Place::Action { stage: index, run_order } => {
            let there = stages.get_mut(*index).ok_or(PatchError::Layout)?;
            let actions = list(there, "actions").ok_or(PatchError::Layout)?;
            for action in actions.iter_mut() {
                let order = order_of(action);
                if order >= *run_order {
                    set_order(action, order + ORDERS)?;
                }
            }
            for mut action in stage.get("actions").map(Node::items).unwrap_or_default().to_vec() {
                // The stage has the approvals at 1 and the gate at 2.
                let order = order_of(&action) - 1 + run_order;
                set_order(&mut action, order)?;
                actions.push(action);
            }
        }
    }
    Ok(pretty(&Node::object([("pipeline", declaration)]))?)
}

fn list<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Vec<Node>> {
    match node {
        Node::Object(entries) => match entries.get_mut(key)? {
            Node::List(items) => Some(items),
            Node::Object(_) | Node::Scalar(_) => None,
        },
        Node::List(_) | Node::Scalar(_) => None,
    }
}

/// The `runOrder` of an action; 1 if it has none (CodePipeline User Guide, "Action declaration").
pub(super) fn order_of(action: &Node) -> u32 {
    let order = action.get("runOrder").and_then(Node::as_number);
    order.and_then(|order| u32::try_from(order).ok()).unwrap_or(1)
}

pub(super) fn set_order(action: &mut Node, order: u32) -> Result<(), PatchError> {
    if let Node::Object(entries) = action {
        entries.insert("runOrder".to_owned(), Node::from_value(&json!(order))?);
    }
    Ok(())
}
