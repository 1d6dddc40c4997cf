//! The files that the user names, and standard input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rule::{Rule, RuleError};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("`{path}` cannot be read; check the path")]
    Unreadable { path: PathBuf, source: io::Error },
    /// In the words of the gate.
    #[error("{path}: {problem}")]
    Rule { path: PathBuf, problem: RuleError },
}

/// What is in a file.
///
/// # Errors
/// [`InputError::Unreadable`].
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, InputError> {
    fs::read(path).map_err(unreadable(path))
}

/// What is in a text file.
///
/// # Errors
/// [`InputError::Unreadable`], also where it is not UTF-8.
pub(crate) fn text(path: &Path) -> Result<String, InputError> {
    fs::read_to_string(path).map_err(unreadable(path))
}

/// The same, or for `-` what comes in on standard input.
///
/// # Errors
/// As [`text`].
pub(crate) fn text_or_stdin(path: &Path) -> Result<String, InputError> {
    if path == Path::new("-") {
        io::read_to_string(io::stdin().lock()).map_err(unreadable(path))
    } else {
        text(path)
    }
}

/// The gate's rule in a file, as in `TWO_PERSON_RULE`.
///
/// # Errors
/// As [`text`], and [`InputError::Rule`] where the gate would refuse it.
pub(crate) fn rule(path: &Path) -> Result<Rule, InputError> {
    Rule::floor(&text(path)?).map_err(|problem| InputError::Rule {
        path: path.to_owned(),
        problem,
    })
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> InputError {
    move |source| InputError::Unreadable {
        path: path.to_owned(),
        source,
    }
}
