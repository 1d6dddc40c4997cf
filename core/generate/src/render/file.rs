//! A generated file.

use indexmap::IndexMap;

use findings::pretty;

use crate::node::Node;

/// A generated file, not written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub text: String,
    /// Whether it is a program.
    pub executable: bool,
}

impl File {
    pub(crate) fn new(name: impl Into<String>, text: String) -> Self {
        Self { name: name.into(), text, executable: false }
    }
}

/// Several JSON files as one object, keyed by their names.
///
/// # Errors
/// If one of them is not JSON.
pub fn as_one_object(files: &[File]) -> Result<String, serde_json::Error> {
    let mut object: IndexMap<&str, Node> = IndexMap::new();
    for file in files {
        object.insert(&file.name, serde_json::from_str(&file.text)?);
    }
    pretty(&object)
}

/// Why a plan cannot be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// JSON failed.
    #[error("a document could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// YAML failed.
    #[error("the template could not be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// A text holds a character that a shell cannot take.
    #[error("a document could not be quoted for the shell")]
    Quote(#[from] shlex::QuoteError),
}
