//! Reads the files of a report, and keeps what a reader of the report needs to find them again:
//! their paths, sizes and digests.

use std::path::{Path, PathBuf};

use evidence::{Role, Saved, Source};

use crate::digest::{Digested, sha256};
use crate::input::{self, InputError};

/// Reads files, and remembers them.
#[derive(Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// The content of a text file. It may be compressed, UTF-16, or begin with a byte order mark.
    ///
    /// # Errors
    /// As [`input::text`].
    pub(crate) fn text(&mut self, role: Role, path: &Path) -> Result<String, InputError> {
        let (source, text) = Self::read(role, path)?;
        self.keep(source);
        Ok(text)
    }

    /// Reads a file, and does not remember it unless [`Self::keep`] is told to.
    ///
    /// # Errors
    /// As [`input::text`].
    pub(crate) fn read(role: Role, path: &Path) -> Result<(Source, String), InputError> {
        let raw = input::raw(path)?;
        let source = Source::File {
            path: path.display().to_string(),
            role,
            sha256: sha256(&raw),
            bytes: u64::try_from(raw.len()).unwrap_or(u64::MAX),
        };
        Ok((source, input::as_text(path, raw)?))
    }

    /// Reads a saved list piece by piece. Returns `None` if it must be read as a whole.
    ///
    /// # Errors
    /// [`InputError::Unreadable`].
    pub(crate) fn saved(path: &Path) -> Result<Option<(Source, Saved)>, InputError> {
        let Some(file) = input::regular(path)? else { return Ok(None) };
        let mut file = Digested::new(file);
        let saved = Saved::from_reader(&mut file).map_err(input::unreadable(path))?;
        let (sha256, bytes) = file.end();
        let path = path.display().to_string();
        Ok(saved.map(|saved| (Source::File { path, role: Role::History, sha256, bytes }, saved)))
    }

    /// Remembers a file.
    pub(crate) fn keep(&mut self, source: Source) {
        self.0.push(source);
    }

    /// The files that a path stands for: itself, or all logs in a directory.
    ///
    /// # Errors
    /// As [`input::files_of`].
    pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>, InputError> {
        input::files_of(path)
    }

    /// Everything that was read, in the order of reading.
    pub(crate) fn into_all(self) -> Vec<Source> {
        self.0
    }
}
