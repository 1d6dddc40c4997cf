//! AWS's description of the API: `model.json`, which `model.py` takes from botocore.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

/// The served part of the CodePipeline API model.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// By name.
    pub operations: BTreeMap<String, OperationModel>,
    /// By name.
    pub shapes: BTreeMap<String, Shape>,
}

/// What goes into an operation and what comes out.
#[derive(Debug, Deserialize)]
pub struct OperationModel {
    /// The name of the shape of its input.
    pub input: String,
    /// The name of the shape of its output, when it has one.
    pub output: Option<String>,
    /// The names of the errors that are its own; those of every operation are not listed.
    pub errors: Vec<String>,
}

/// A type and what its values must satisfy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What kind of JSON value it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The least value, length or number of members.
    pub min: Option<i64>,
    /// The greatest value, length or number of members.
    pub max: Option<i64>,
    /// What a string must match as a whole.
    pub pattern: Option<Pattern>,
    /// What a string must be one of.
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    /// The members that a structure must have.
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
    /// Whether its values must never be shown.
    #[serde(default)]
    pub sensitive: bool,
}

/// The kinds of shapes that the API uses.
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
    /// As AWS writes it, for messages.
    pub text: String,
    whole: Regex,
}

impl Pattern {
    /// Whether all of a string matches, not only a part of it.
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
    /// Reads the model that is built in.
    ///
    /// # Errors
    /// Never, unless `model.json` was edited by hand.
    pub fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("model.json"))
    }
}
