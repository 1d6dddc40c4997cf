//! The files that `emulator serve` gives to the gate. They are checked before it listens, so that a
//! mistake does not show up only when the first release is refused.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rule::{Rule, RuleError};

/// Why a file cannot be given to the gate.
#[derive(Debug, thiserror::Error)]
pub(super) enum GateFileError {
    #[error("the rule file `{}` cannot be read ({problem}); check the path after --rule", path.display())]
    Rule { path: PathBuf, problem: io::Error },
    #[error("the gate would refuse the rule in `{}`", path.display())]
    BadRule { path: PathBuf, source: RuleError },
    #[error(
        "the gate `{}` cannot be run ({problem}); give --gate a program for this machine, such as a built `bootstrap`",
        path.display()
    )]
    Gate { path: PathBuf, problem: io::Error },
}

/// Returns the text of a rule that the gate accepts.
pub(super) fn rule(path: &Path) -> Result<String, GateFileError> {
    let unreadable = |problem| GateFileError::Rule { path: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Rule::floor(&text)
        .map_err(|source| GateFileError::BadRule { path: path.to_owned(), source })?;
    Ok(text)
}

/// Returns the full path of the gate's program.
pub(super) fn program(path: &Path) -> Result<PathBuf, GateFileError> {
    runnable(path).map_err(|problem| GateFileError::Gate { path: path.to_owned(), problem })
}

/// Returns the full path of a program that starts. Only the system knows whether it does: a file
/// can lack a permission, or be made for another processor.
pub(super) fn runnable(path: &Path) -> io::Result<PathBuf> {
    let program = path.canonicalize()?;
    let mut command = Command::new(&program);
    command.arg("--version").env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut started = command.spawn()?;
    // It may be a program that does not know the option, and waits.
    started.kill().and_then(|()| started.wait())?;
    Ok(program)
}
