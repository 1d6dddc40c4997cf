//! Writes several files, all of them or none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use generate::File;
use tempfile::NamedTempFile;

/// Why the files cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be written; check the directory and its free space")]
pub(crate) struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the files into a directory, which is created if it does not exist.
///
/// Files of the same names are replaced. All new files are written under temporary names first, so
/// if that fails, the directory stays as it was.
pub(crate) fn write(directory: &Path, files: &[File]) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let mut ready: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for file in files {
        let path = directory.join(&file.name);
        ready.push((complete(directory, file).map_err(failed(&path))?, path));
    }
    // Find what would make a rename fail before the first rename.
    if let Some((_, path)) = ready.iter().find(|(_, path)| path.is_dir()) {
        return Err(failed(path)(io::ErrorKind::IsADirectory.into()));
    }
    for (file, path) in ready {
        file.persist(&path).map_err(|error| failed(&path)(error.error))?;
    }
    Ok(())
}

fn complete(directory: &Path, file: &File) -> io::Result<NamedTempFile> {
    let mut temporary = temporary(directory, file.executable)?;
    temporary.write_all(file.text.as_bytes())?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// A new file under a temporary name. It is deleted unless it is persisted.
pub(crate) fn temporary(directory: &Path, executable: bool) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".policygen-");
    #[cfg(unix)]
    builder.permissions(permissions(executable));
    builder.tempfile_in(directory)
}

/// The permissions of any new file. The user's umask still applies.
#[cfg(unix)]
fn permissions(executable: bool) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(if executable { 0o777 } else { 0o666 })
}
