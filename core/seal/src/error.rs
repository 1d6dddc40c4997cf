//! Why a file cannot be sealed or opened.

use std::io;

use names::KmsKeyArn;

use crate::file::FileName;
use crate::limits::{MAX_FILES, MAX_HEADER, MAX_KEYS};

/// Why there cannot be such a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No KMS key, or too many.
    #[error("a sealed file has 1 to {MAX_KEYS} KMS keys")]
    Keys,
    /// No file, or too many.
    #[error("a sealed file holds 1 to {MAX_FILES} files; pack more of them into an archive")]
    Files,
    /// KMS does not return a data key of this length.
    #[error("the data key that {0} wrapped is not one that KMS returned")]
    Wrapped(KmsKeyArn),
    /// A KMS key is there twice.
    #[error("the KMS key {0} is given twice")]
    KeyTwice(KmsKeyArn),
    /// Two names are one file on a system that ignores case.
    #[error("two files are called `{0}`, if upper and lower case are the same; rename one")]
    NameTwice(FileName),
    /// The line does not fit.
    #[error("the names of the files are too long for a header of {MAX_HEADER} bytes")]
    TooLong,
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There cannot be such a header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A content could not be read.
    #[error("`{name}` cannot be read")]
    Read {
        /// The file.
        name: FileName,
        /// Why.
        source: io::Error,
    },
    /// A content is shorter or longer than the header says.
    #[error("`{0}` changed while it was read; seal it again when nothing writes to it")]
    SizeChanged(FileName),
    /// The cipher did not take a chunk.
    #[error("`{0}` cannot be encrypted")]
    Cipher(FileName),
    /// The sealed file could not be written.
    #[error("the sealed file cannot be written")]
    Write(#[source] io::Error),
}

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The sealed file could not be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// The first line is not a header.
    #[error("it is not what `policygen seal` writes")]
    NotSealed(#[source] serde_json::Error),
    /// The first line has no end, or is too long for a header.
    #[error("it is not what `policygen seal` writes: its first line is not a header")]
    NoHeader,
    /// The header is of another version.
    #[error("its format has the version {0}, and this program reads version 1; use a newer one")]
    Version(u32),
    /// The header is not one that can be written.
    #[error("its header is not valid")]
    Header(#[from] HeaderError),
    /// A chunk is not what was sealed under this header and this data key.
    #[error(
        "`{0}` in it is not what was sealed: it was changed or cut off, or is of another sealed file"
    )]
    Changed(FileName),
    /// Something stands after the last chunk.
    #[error("something was added at its end")]
    Longer,
    /// An opened file could not be written.
    #[error("`{name}` cannot be written")]
    Write {
        /// The file.
        name: FileName,
        /// Why.
        source: io::Error,
    },
}

impl OpenError {
    /// Whether somebody changed the sealed file after it was sealed, or part of it is missing.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        matches!(self, Self::Changed(_) | Self::Longer)
    }
}
