//! The only place that prints and asks: data to standard output, everything else to standard error.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;

/// How often a progress line is drawn.
const TICK: Duration = Duration::from_millis(120);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Prints data. Colours are removed if standard output is not a terminal, or if `NO_COLOR` is set.
/// It is not an error if the reader closes the pipe early.
///
/// # Errors
/// If standard output cannot be written for any other reason.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Clears the terminal before the next picture. Does nothing if standard output is not a terminal.
///
/// # Errors
/// As [`print()`].
pub(crate) fn clear() -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return Ok(());
    }
    // Cursor home, and erase to the end of the screen and of what was scrolled away.
    unless_closed(io::stdout().lock().write_all(b"\x1b[H\x1b[2J\x1b[3J"))
}

/// Shows text to the person in front of the terminal.
pub(crate) fn tell(text: &str) {
    // If standard error cannot be written, nothing is left to report that to.
    let _ = write!(anstream::stderr().lock(), "{text}");
}

/// Prints a warning, for example that an answer could not be judged.
pub(crate) fn print_warning(message: &str) {
    say(WARNING, "warning", message);
}

/// Prints a note.
pub(crate) fn print_note(message: &str) {
    say(NOTE, "note", message);
}

/// Prints an error with all its sources.
pub(crate) fn print_error(error: &dyn Error) {
    say(ERROR, "error", &names::with_sources(error));
}

fn say(style: Style, kind: &str, message: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{style}{kind}:{style:#} {message}");
}

/// A line on standard error that says what the program waits for. It is only drawn on a terminal.
pub(crate) fn progress(what: impl Into<String>) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(TICK);
    bar.with_message(what.into())
}

/// Whether somebody is there to be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question that `y` or `yes` confirms.
///
/// # Errors
/// If the answer cannot be read.
pub(crate) fn confirm(question: &str) -> io::Result<bool> {
    tell(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Prints help or the version to standard output, or a usage error to standard error.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_clap(error: &clap::Error) -> io::Result<()> {
    unless_closed(error.print())
}

fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
