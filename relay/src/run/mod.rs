//! `relay run`: runs a command, numbers the lines that it prints, and says how it ended.
//!
//! | file | purpose |
//! |---|---|
//! | `numbered` | the lines, as JSON with their numbers |
//! | `lines` | the lines of a stream, as they come |

mod lines;
mod numbered;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use names::{ExecutionId, NameError, shown};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use lines::copy;
use numbered::Numbered;

/// The variable with the id of the release.
const EXECUTION_ID: &str = "EXECUTION_ID";
/// How long a process that the command left behind may keep its output open.
const LEFT_BEHIND: Duration = Duration::from_secs(10);

/// The exit code if nothing was tried, as of `env` and `nohup`.
const NOT_TRIED: u8 = 125;
/// The exit codes of a command that cannot be started, as of a shell.
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

/// Why a command is not even tried.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(
        "the environment variable {EXECUTION_ID} is not set, so nobody would know what the lines belong to; the release machine sets it"
    )]
    NoRelease,
    #[error("the environment variable {EXECUTION_ID} is wrong: {0}")]
    Release(#[from] NameError),
    #[error("the command cannot be watched: {0}")]
    Watch(#[from] io::Error),
}

/// Runs a command until it ends.
pub(crate) fn run(command: &[OsString]) -> ExitCode {
    let ended = release().and_then(|release| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let out = BufWriter::new(io::stdout());
        let numbered = RefCell::new(Numbered::new(&release, out));
        let code = runtime.block_on(watched(command, &numbered))?;
        Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
    });
    ended.unwrap_or_else(|error| {
        // If stderr is closed, nothing is left to report that to.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::from(NOT_TRIED)
    })
}

fn release() -> Result<ExecutionId, RunError> {
    let id = std::env::var(EXECUTION_ID).map_err(|_| RunError::NoRelease)?;
    Ok(id.parse()?)
}

async fn watched<W: Write>(
    command: &[OsString],
    numbered: &RefCell<Numbered<W>>,
) -> io::Result<i32> {
    let mut signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut child = match start(command) {
        Ok(child) => child,
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
            let name = command.first().map(|name| shown(&name.to_string_lossy()));
            let problem = format!("`{}` cannot be started: {error}", name.unwrap_or_default());
            let mut numbered = numbered.borrow_mut();
            numbered.note(&problem);
            numbered.end(code, Some(problem));
            return Ok(code);
        }
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        tokio::join!(copy(stdout, numbered), copy(stderr, numbered));
    };
    tokio::pin!(reading);
    let mut is_read = false;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = &mut reading, if !is_read => is_read = true,
            _ = signals.0.recv() => forward(&child, Signal::TERM),
            _ = signals.1.recv() => forward(&child, Signal::INT),
        }
    };
    if !is_read && timeout(LEFT_BEHIND, reading).await.is_err() {
        numbered.borrow_mut().note(
            "the command has ended, and a process that it left behind still has its output open; \
             what that prints from now on is not shown",
        );
    }
    let code = code_of(status);
    numbered.borrow_mut().end(code, None);
    Ok(code)
}

fn start(command: &[OsString]) -> io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Command::new(program).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Sends a signal on to the command. If it has just ended, nothing is left to do.
fn forward(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        let _ = kill_process(id, signal);
    }
}

/// The exit code, or 128 and the number of the signal that ended the command, as of a shell.
fn code_of(status: ExitStatus) -> i32 {
    let of_signal = || status.signal().map(|number| number.saturating_add(128));
    status.code().or_else(of_signal).unwrap_or(CANNOT_RUN)
}
