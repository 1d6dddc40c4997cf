//! JSON that keeps the order of its keys.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A JSON value, its objects in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Node {
    Object(IndexMap<String, Node>),
    List(Vec<Node>),
    Scalar(serde_json::Value),
}

impl Node {
    /// What a value is as JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&serde_json::to_string(value)?)
    }

    pub fn text(text: &str) -> Self {
        Self::Scalar(serde_json::Value::String(text.to_owned()))
    }

    /// An object of these keys and values.
    pub fn object<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value of a key; none where this is no object, or has no such key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.get(key),
            Self::List(_) | Self::Scalar(_) => None,
        }
    }

    /// The items of a list; none where this is no list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Object(_) | Self::Scalar(_) => &[],
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Scalar(value) => value.as_str(),
            Self::Object(_) | Self::List(_) => None,
        }
    }
}
