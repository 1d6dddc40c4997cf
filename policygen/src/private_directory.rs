//! A directory of secrets, which appears complete or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// A new directory under a temporary name, which only its owner can enter. It is deleted with
/// everything in it unless it is published.
pub(crate) struct PrivateDirectory(TempDir);

impl PrivateDirectory {
    /// A directory in the same directory as `out`.
    ///
    /// # Errors
    /// If it cannot be created.
    pub(crate) fn beside(out: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".policygen-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        builder.tempdir_in(parent(out)).map(Self)
    }

    /// A new file in it, which only its owner can read.
    ///
    /// # Errors
    /// If it cannot be created, or exists.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        options.open(self.0.path().join(name))
    }

    /// Gives the directory its name.
    ///
    /// # Errors
    /// If it cannot be renamed. Then it is deleted.
    pub(crate) fn publish(self, out: &Path) -> io::Result<()> {
        fs::rename(self.0.path(), out)?;
        // It no longer has the name under which it would be deleted.
        let _ = self.0.keep();
        Ok(())
    }
}

/// The directory that a path is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}
