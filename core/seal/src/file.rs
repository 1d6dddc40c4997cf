//! A file of a sealed file.

use serde::{Deserialize, Serialize};

use crate::file_name::FileName;

/// One file, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name, without a directory.
    pub name: FileName,
    /// The size of its content in bytes.
    pub size: u64,
}
