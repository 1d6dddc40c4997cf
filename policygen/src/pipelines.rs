//! Reads the pipelines of files: what AWS prints, CloudFormation templates, and plans and states of
//! Terraform.

use std::path::Path;

use doctor::template::{Declared, ReadError, Values};

use crate::input::{self, InputError, InputName};

/// Why a file has no pipelines to read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipelinesError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} cannot be used")]
    File { path: InputName, source: ReadError },
}

/// Reads every pipeline of a file, or of standard input if the path is `-`. A template can have
/// none.
///
/// # Errors
/// [`PipelinesError`] if the file cannot be read, or is in none of the forms.
pub(crate) fn read(path: &Path, values: &Values) -> Result<Vec<Declared>, PipelinesError> {
    let text = input::text(path)?;
    doctor::template::read(&text, values)
        .map_err(|source| PipelinesError::File { path: path.into(), source })
}
