//! JSON that keeps the order of its keys.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A JSON value whose objects keep their keys in the written order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Node {
    Object(IndexMap<String, Node>),
    List(Vec<Node>),
    Scalar(serde_json::Value),
}

impl Node {
    /// The value that serde writes.
    pub(crate) fn from_value(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&serde_json::to_string(value)?)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Scalar(serde_json::Value::String(text.to_owned()))
    }

    pub(crate) fn object<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value of a key, or `None` if this is not an object or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.get(key),
            Self::List(_) | Self::Scalar(_) => None,
        }
    }

    /// The items of a list. Empty if this is not a list.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Object(_) | Self::Scalar(_) => &[],
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn as_number(&self) -> Option<u64> {
        match self {
            Self::Scalar(value) => value.as_u64(),
            Self::Object(_) | Self::List(_) => None,
        }
    }
}
