//! A file in a sealed file, and its name.

use serde::{Deserialize, Serialize};

names::checked_text!(
    /// The name of a file in a sealed file. It is one file in one directory on every operating
    /// system: no separators, no drive, no stream, no control characters, and no two ways to write
    /// the same letter.
    pub FileName,
    "the name of a file to seal: 1 to 255 of A-Z a-z 0-9 . _ - + @ =, and no dot at its end",
    |text| {
        (1..=255).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+@=".contains(&b))
            && !text.ends_with('.')
    }
);

impl FileName {
    /// The name in lower case: two names that are equal in it are one file on some systems.
    #[must_use]
    pub fn folded(&self) -> String {
        self.to_ascii_lowercase()
    }
}

/// One file, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name, without a directory.
    pub name: FileName,
    /// The size of its content in bytes.
    pub size: u64,
}
