//! The differences between AWS's replies and its own model.

use serde_json::{Value, json};

/// Adapts a reply to the model: removes the `__type` that AWS sends in action types, and adds the
/// required members that AWS omits in `currentRevision`. SDKs accept AWS's form.
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
