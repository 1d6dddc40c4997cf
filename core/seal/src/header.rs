//! The first line of a sealed file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::chunk::CHUNK;
use crate::context::Context;
use crate::error::{HeaderError, OpenError};
use crate::file::File;
use crate::key::WrappedKey;
use crate::limits::{MAX_FILES, MAX_HEADER, MAX_KEYS, MAX_WRAPPED};

const SCHEMA_VERSION: u32 = 1;

/// What a sealed file says about itself in plain text. A value holds at least one key and one file,
/// and no name twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    schema_version: u32,
    context: Context,
    keys: Vec<WrappedKey>,
    files: Vec<File>,
}

/// The part that every version has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    schema_version: u32,
}

impl Header {
    /// The header of a new sealed file.
    ///
    /// # Errors
    /// [`HeaderError`] if keys or files are missing, too many, or there twice.
    pub fn new(
        context: Context,
        keys: Vec<WrappedKey>,
        files: Vec<File>,
    ) -> Result<Self, HeaderError> {
        Self { schema_version: SCHEMA_VERSION, context, keys, files }.checked()
    }

    /// Reads the line of a header, without its line feed.
    ///
    /// # Errors
    /// [`OpenError`] if it is not the header of a sealed file that this version can read.
    pub fn parse(line: &[u8]) -> Result<Self, OpenError> {
        let Version { schema_version } =
            serde_json::from_slice(line).map_err(OpenError::NotSealed)?;
        if schema_version != SCHEMA_VERSION {
            return Err(OpenError::Version(schema_version));
        }
        let header: Self = serde_json::from_slice(line).map_err(OpenError::NotSealed)?;
        Ok(header.checked()?)
    }

    /// The line of the header, without its line feed.
    ///
    /// # Errors
    /// [`HeaderError::TooLong`] if it has more than [`MAX_HEADER`] bytes.
    pub fn line(&self) -> Result<Vec<u8>, HeaderError> {
        // Nothing in it can fail to be written as JSON.
        let line = serde_json::to_vec(self).unwrap_or_default();
        if (1..=MAX_HEADER).contains(&line.len()) { Ok(line) } else { Err(HeaderError::TooLong) }
    }

    /// The release that it is for.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The wrapped data key, in the order in which the KMS keys should be asked.
    #[must_use]
    pub fn keys(&self) -> &[WrappedKey] {
        &self.keys
    }

    /// The files, in the order of their contents.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The files with their positions.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &File)> {
        (0..).zip(&self.files)
    }

    /// The size of the largest chunk before it is encrypted, in bytes.
    pub(crate) fn largest_chunk(&self) -> usize {
        let largest = self.files.iter().map(|file| file.size).max().unwrap_or_default();
        usize::try_from(largest).unwrap_or(CHUNK).min(CHUNK)
    }

    fn checked(self) -> Result<Self, HeaderError> {
        if !(1..=MAX_KEYS).contains(&self.keys.len()) {
            return Err(HeaderError::Keys);
        }
        if !(1..=MAX_FILES).contains(&self.files.len()) {
            return Err(HeaderError::Files);
        }
        let mut keys = BTreeSet::new();
        for WrappedKey { key, wrapped } in &self.keys {
            if !(1..=MAX_WRAPPED).contains(&wrapped.len()) {
                return Err(HeaderError::Wrapped(key.clone()));
            }
            if !keys.insert(key) {
                return Err(HeaderError::KeyTwice(key.clone()));
            }
        }
        let mut names = BTreeSet::new();
        for File { name, .. } in &self.files {
            if !names.insert(name.folded()) {
                return Err(HeaderError::NameTwice(name.clone()));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer that grows leaves plain text behind in memory that is not overwritten.
    #[test]
    fn the_largest_chunk_is_known_before_anything_is_read() {
        let largest = |sizes: &[u64]| {
            let names = ["a", "b", "c"].map(|name| name.parse().unwrap());
            let files = names.into_iter().zip(sizes).map(|(name, size)| File { name, size: *size });
            let context = Context {
                pipeline: "payments".parse().unwrap(),
                revision: "5f1ab6f6".parse().unwrap(),
                environment: "prod".parse().unwrap(),
            };
            let (schema_version, keys, files) = (SCHEMA_VERSION, Vec::new(), files.collect());
            Header { schema_version, context, keys, files }.largest_chunk()
        };
        assert_eq!(largest(&[0]), 0);
        assert_eq!(largest(&[3, 7, 5]), 7);
        assert_eq!(largest(&[3, CHUNK as u64, u64::MAX]), CHUNK);
    }
}
