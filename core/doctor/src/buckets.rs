//! The buckets of a pipeline's artifacts.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads the buckets of `artifactStore` or `artifactStores`: every `location` in it. CodePipeline
/// has a map of regions there, CloudFormation a list, and Terraform a list of blocks.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut buckets = Vec::new();
    collect(&Value::deserialize(deserializer)?, &mut buckets);
    Ok(buckets)
}

fn collect(value: &Value, buckets: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, buckets)),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(bucket) if key == "location" => buckets.push(bucket.to_owned()),
                    Some(_) | None => collect(value, buckets),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
