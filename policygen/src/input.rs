//! The files that the user names, and standard input.

use std::fs;
use std::io::{self, Read as _};
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

/// What is in a text file: UTF-8, or what Windows PowerShell writes, UTF-8 or UTF-16 with a byte order mark.
///
/// # Errors
/// [`InputError::Unreadable`], also if it is in another encoding.
pub(crate) fn text(path: &Path) -> Result<String, InputError> {
    fs::read(path).and_then(decoded).map_err(unreadable(path))
}

/// By the byte order mark, if there is one (The Unicode Standard, section 23.8).
fn decoded(bytes: Vec<u8>) -> io::Result<String> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().filter(|_| odd.is_empty()).ok_or_else(|| not("UTF-16"))
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => str::from_utf8(rest).map(str::to_owned).map_err(|_| not("UTF-8")),
        _ => String::from_utf8(bytes).map_err(|_| not("UTF-8")),
    }
}

fn not(encoding: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is not a text in {encoding}"))
}

/// The same, or for `-` what comes in on standard input.
///
/// # Errors
/// As [`text`].
pub(crate) fn text_or_stdin(path: &Path) -> Result<String, InputError> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        read.and_then(|_| decoded(bytes)).map_err(unreadable(path))
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
