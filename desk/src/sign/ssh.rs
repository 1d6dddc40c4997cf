//! The programs of OpenSSH: `ssh-keygen` signs, and `ssh-add` lists what the agent holds.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use signing::{NAMESPACE, SigningKey, Statement};

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SshError {
    #[error("`{program}` could not be started; install OpenSSH 8.2 or later")]
    Start { program: &'static str, source: io::Error },
    #[error(
        "`ssh-keygen` did not sign with `{key}`; its message is above. If this is a public key, its \
         private half must be in the agent: `ssh-add -L` lists what is there"
    )]
    NotSigned { key: PathBuf },
    #[error("`ssh-keygen` cannot read the key `{0}`; its message is above")]
    NoPublicHalf(PathBuf),
    #[error("the signature of `ssh-keygen` is not text")]
    NotText,
    #[error("`{path}` cannot be read; check the path")]
    Unreadable { path: PathBuf, source: io::Error },
}

/// Signs a statement. The key is a private key, or a public key whose private half the agent holds.
/// Returns the armoured SSHSIG.
///
/// `ssh-keygen` asks for a passphrase or a touch on the terminal and on standard error, which is
/// ours too.
///
/// # Errors
/// [`SshError`] if it does not sign.
pub(crate) fn sign(key: &Path, statement: &Statement) -> Result<String, SshError> {
    const PROGRAM: &str = "ssh-keygen";
    let start = |source| SshError::Start { program: PROGRAM, source };
    let mut child = Command::new(PROGRAM)
        .args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // If it ended without reading, its exit code and its message say why.
        let _ = stdin.write_all(statement.as_bytes());
    }
    let output = child.wait_with_output().map_err(start)?;
    if !output.status.success() {
        return Err(SshError::NotSigned { key: key.to_owned() });
    }
    String::from_utf8(output.stdout).map_err(|_| SshError::NotText)
}

/// The public half of a key file: its own line, or that of the `.pub` file beside it, or what
/// `ssh-keygen -y` derives from it.
///
/// # Errors
/// [`SshError`] if it cannot be found.
pub(crate) fn public_half(key: &Path) -> Result<String, SshError> {
    if key.extension().is_some_and(|extension| extension == "pub") {
        return read(key);
    }
    let mut beside = key.as_os_str().to_owned();
    beside.push(".pub");
    if let Ok(line) = read(Path::new(&beside)) {
        return Ok(line);
    }
    const PROGRAM: &str = "ssh-keygen";
    let mut derive = Command::new(PROGRAM);
    derive.arg("-y").arg("-f").arg(key).stderr(Stdio::inherit());
    let derived = derive.output().map_err(|source| SshError::Start { program: PROGRAM, source })?;
    if !derived.status.success() {
        return Err(SshError::NoPublicHalf(key.to_owned()));
    }
    String::from_utf8(derived.stdout).map_err(|_| SshError::NotText)
}

fn read(path: &Path) -> Result<String, SshError> {
    std::fs::read_to_string(path)
        .map_err(|source| SshError::Unreadable { path: path.to_owned(), source })
}

/// The signing keys that the agent holds. Keys of other types are left out. Empty without an
/// agent or without `ssh-add`: then nothing can sign.
pub(crate) fn agent_keys() -> Vec<SigningKey> {
    let listed = Command::new("ssh-add").arg("-L").stderr(Stdio::null()).output();
    let Ok(listed) = listed else {
        return Vec::new();
    };
    let lines = String::from_utf8_lossy(&listed.stdout);
    lines.lines().filter_map(|line| line.parse().ok()).collect()
}
