//! AWS's description of the API: `model.json`, which `model.py` extracts from botocore.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

/// The part of the CodePipeline API model that the emulator serves.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// By name.
    pub operations: BTreeMap<String, OperationModel>,
    /// By name.
    pub shapes: BTreeMap<String, Shape>,
}

/// The shapes and errors of an operation.
#[derive(Debug, Deserialize)]
pub struct OperationModel {
    /// The name of the shape of its input.
    pub input: String,
    /// The name of the shape of its output, if it has one.
    pub output: Option<String>,
    /// The names of its specific errors. Errors that every operation has are not listed.
    pub errors: Vec<String>,
}

/// A type and its constraints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The kind of its JSON values.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The least value, length or number of members.
    pub min: Option<i64>,
    /// The greatest value, length or number of members.
    pub max: Option<i64>,
    /// The pattern of a string.
    pub pattern: Option<Pattern>,
    /// The permitted values of a string.
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    /// The required members of a structure.
    #[serde(default)]
    pub required: Vec<String>,
    /// The names of the shapes of a structure's members.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// The name of the shape of a list's members.
    pub member: Option<String>,
    /// The name of the shape of a map's keys.
    pub key: Option<String>,
    /// The name of the shape of a map's values.
    pub value: Option<String>,
    /// Whether messages must not show its values.
    #[serde(default)]
    pub sensitive: bool,
}

/// The kinds of shapes in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of JSON and of AWS's models")]
pub enum Kind {
    Boolean,
    Integer,
    List,
    Map,
    String,
    Structure,
    Timestamp,
}

/// A regular expression that a whole string must match.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    /// The text in AWS's messages.
    pub text: String,
    whole: Regex,
}

impl Pattern {
    /// Whether the whole string matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        let whole = Regex::new(&format!(r"\A(?:{text})\z"))?;
        Ok(Self { text, whole })
    }
}

impl Model {
    /// Reads the built-in model.
    ///
    /// # Errors
    /// Only if `model.json` was edited by hand.
    pub fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("model.json"))
    }
}
