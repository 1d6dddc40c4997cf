//! Where AWS's replies are not what its own model says.

use serde_json::{Value, json};

/// A reply as the model would have it: without the `__type` that the wire carries in action types,
/// and with the members that `currentRevision` lacks though they are required. SDKs read the reply
/// as it is.
pub(super) fn as_modelled(reply: &Value) -> Value {
    let mut modelled = reply.clone();
    mend(&mut modelled);
    modelled
}

fn mend(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("__type");
            if let Some(revision) =
                members.get_mut("currentRevision").and_then(Value::as_object_mut)
            {
                revision.entry("revisionChangeId").or_insert(json!("unknown"));
                revision.entry("created").or_insert(json!(0));
            }
            members.values_mut().for_each(mend);
        }
        Value::Array(members) => members.iter_mut().for_each(mend),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
