//! The manifest of a report: the SHA-256 of each input and of the output.

use std::path::Path;

use evidence::{Cover, Source};
use generate::File;
use serde_json::{Value, json};

use crate::digest::sha256;
use crate::files::{self, WriteError};

/// Writes the manifest of a report that was printed as `printed`.
///
/// # Errors
/// [`WriteError`] if the file cannot be written.
pub(crate) fn write(
    path: &Path,
    cover: &Cover,
    format: &str,
    printed: &[u8],
) -> Result<(), WriteError> {
    let manifest = json!({
        "schemaVersion": 1,
        "madeAt": cover.made_at,
        "version": cover.version,
        "inputs": cover.sources.iter().filter_map(input).collect::<Vec<Value>>(),
        "output": {"format": format, "sha256": sha256(printed), "bytes": printed.len()},
    });
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let file =
        File { name: name.unwrap_or_default(), text: format!("{manifest:#}\n"), executable: false };
    files::write(directory.unwrap_or(Path::new(".")), &[file])
}

fn input(source: &Source) -> Option<Value> {
    match source {
        Source::File { path, role, sha256, bytes } => Some(json!({
            "path": path,
            "role": role.as_str(),
            "sha256": sha256,
            "bytes": bytes,
        })),
        Source::Calls { .. } | Source::Cache { .. } => None,
    }
}
