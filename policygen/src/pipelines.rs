//! Reads the pipelines of files: what AWS prints, CloudFormation templates, and plans and states of
//! Terraform.

use std::path::{Path, PathBuf};

use doctor::template::{Declared, ReadError, Values};

use crate::input::{self, InputError};

/// Why a file has no pipelines to read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipelinesError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("`{path}` cannot be used")]
    File { path: PathBuf, source: ReadError },
}

/// Reads every pipeline of a file, or of standard input if the path is `-`. A template can have
/// none.
///
/// # Errors
/// [`PipelinesError`] if the file cannot be read, or is in none of the forms.
pub(crate) fn read(path: &Path, values: &Values) -> Result<Vec<Declared>, PipelinesError> {
    let text = input::text_or_stdin(path)?;
    doctor::template::read(&text, values)
        .map_err(|source| PipelinesError::File { path: path.to_owned(), source })
}
