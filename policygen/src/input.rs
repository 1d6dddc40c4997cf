//! Reads the files that the user names, and standard input.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use rule::{Rule, RuleError};

/// A path in messages: in backticks, or `standard input` if it is `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputName(PathBuf);

impl From<&Path> for InputName {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl InputName {
    /// The same without backticks.
    pub(crate) fn plain(&self) -> String {
        if self.0 == Path::new(STDIN) {
            "standard input".to_owned()
        } else {
            self.0.display().to_string()
        }
    }
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.plain();
        if self.0 == Path::new(STDIN) { f.write_str(&name) } else { write!(f, "`{name}`") }
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("{path} cannot be read; check the path")]
    Unreadable { path: InputName, source: io::Error },
    #[error("{path} has a text that cannot be decoded; save it as UTF-8")]
    Encoding { path: InputName, source: io::Error },
    #[error("{path} is a directory; give a file in it")]
    Directory { path: InputName },
    #[error("{path} is empty; did the command that wrote it fail?")]
    Empty { path: InputName },
    #[error("the compressed data of {path} is broken or incomplete; copy the file again")]
    Compressed { path: InputName, source: io::Error },
    #[error("{path} holds more than 4 GiB when it is decompressed; split it")]
    TooLarge { path: InputName },
    #[error("{0} has no file whose name ends in .json or .json.gz")]
    EmptyDirectory(InputName),
    /// The gate would refuse the rule. The problem is in the gate's words.
    #[error("{path}: {problem}")]
    Rule { path: InputName, problem: RuleError },
}

/// The path that means standard input.
const STDIN: &str = "-";

/// The first bytes of a gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The maximum size of a decompressed file.
const LARGEST: u64 = 4 << 30;

/// Reads a file, or standard input if the path is `-`, as it is.
///
/// # Errors
/// [`InputError::Unreadable`] or [`InputError::Directory`].
pub(crate) fn raw(path: &Path) -> Result<Vec<u8>, InputError> {
    if path == Path::new(STDIN) {
        let mut bytes = Vec::new();
        return match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(unreadable(path)(error)),
        };
    }
    if path.is_dir() {
        return Err(InputError::Directory { path: path.into() });
    }
    fs::read(path).map_err(unreadable(path))
}

/// Opens a file that can be read a second time. Returns `None` for everything else: standard input,
/// pipes, directories and what does not exist.
///
/// # Errors
/// [`InputError::Unreadable`].
pub(crate) fn regular(path: &Path) -> Result<Option<File>, InputError> {
    if path == Path::new(STDIN) || !path.is_file() {
        return Ok(None);
    }
    File::open(path).map(Some).map_err(unreadable(path))
}

/// Decompresses the content of a file if it is a gzip file.
///
/// # Errors
/// [`InputError`] if it cannot be decompressed, or is too large.
fn unpacked(path: &Path, raw: Vec<u8>) -> Result<Vec<u8>, InputError> {
    if !raw.starts_with(&GZIP) {
        return Ok(raw);
    }
    let path = path.into();
    let mut read = Vec::new();
    let mut decompressed = MultiGzDecoder::new(raw.as_slice()).take(LARGEST + 1);
    match decompressed.read_to_end(&mut read) {
        Err(source) => Err(InputError::Compressed { path, source }),
        Ok(_) if decompressed.limit() == 0 => Err(InputError::TooLarge { path }),
        Ok(_) => Ok(read),
    }
}

/// The files that a path stands for: the file itself, or all files in a directory and its
/// subdirectories that end in `.json` or `.json.gz`, sorted by name. CloudTrail's digests and
/// insights are left out, because they have no events.
///
/// # Errors
/// [`InputError::Unreadable`], or [`InputError::EmptyDirectory`] if there is no such file.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).map_err(unreadable(&directory))? {
            let entry = entry.map_err(unreadable(&directory))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // Do not follow links to directories: they could form a circle.
            let kind = entry.file_type().map_err(unreadable(&directory))?;
            if kind.is_dir() && !["CloudTrail-Digest", "CloudTrail-Insight"].contains(&&*name) {
                open.push(entry.path());
            } else if !kind.is_dir() && (name.ends_with(".json") || name.ends_with(".json.gz")) {
                files.push(entry.path());
            }
        }
    }
    if files.is_empty() {
        return Err(InputError::EmptyDirectory(path.into()));
    }
    files.sort();
    Ok(files)
}

/// Reads a text file, or standard input if the path is `-`. It may be compressed (gzip), and in
/// UTF-8 or in UTF-16 with a byte order mark, which Windows PowerShell writes.
///
/// # Errors
/// [`InputError`] if it cannot be read, decompressed or decoded, is too large, or is empty.
pub(crate) fn text(path: &Path) -> Result<String, InputError> {
    as_text(path, raw(path)?)
}

/// Decompresses and decodes the content of a text file.
///
/// # Errors
/// As [`text`].
pub(crate) fn as_text(path: &Path, raw: Vec<u8>) -> Result<String, InputError> {
    let text = decoded(unpacked(path, raw)?)
        .map_err(|source| InputError::Encoding { path: path.into(), source })?;
    if text.trim().is_empty() {
        return Err(InputError::Empty { path: path.into() });
    }
    Ok(text)
}

/// Decodes a text by its byte order mark, or as UTF-8 if it has none (The Unicode Standard, section
/// 23.8).
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
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            str::from_utf8(rest).map(str::to_owned).map_err(|_| not("UTF-8"))
        }
        _ => String::from_utf8(bytes).map_err(|_| not("UTF-8")),
    }
}

fn not(encoding: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is not a text in {encoding}"))
}

/// Reads the gate's rule from a file, as in `TWO_PERSON_RULE`.
///
/// # Errors
/// As [`text`], and [`InputError::Rule`] if the gate would refuse it.
pub(crate) fn rule(path: &Path) -> Result<Rule, InputError> {
    Rule::floor(&text(path)?).map_err(|problem| InputError::Rule { path: path.into(), problem })
}

/// The error of a file that cannot be read.
pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> InputError {
    move |source| InputError::Unreadable { path: path.into(), source }
}
