//! The only place that prints: data to standard output, everything else to standard error.

use std::error::Error;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a progress bar is drawn.
const TICK: Duration = Duration::from_millis(120);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// The columns of what people read: those of the terminal, otherwise `COLUMNS` or 80.
pub(crate) fn width() -> usize {
    /// Fewer columns than these hold no sentence.
    const LEAST: usize = 40;
    let terminal = terminal_size::terminal_size_of(io::stdout());
    let columns = match terminal {
        Some((terminal_size::Width(columns), _)) => Some(usize::from(columns)),
        None => std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
    };
    columns.unwrap_or(80).max(LEAST)
}

/// Prints data. It is not an error if the reader closes the pipe early.
///
/// # Errors
/// If standard output cannot be written for any other reason.
pub(crate) fn print(data: &[u8]) -> io::Result<()> {
    print_by(|out| out.write_all(data))
}

/// Prints data that is never in memory as a whole: `write` writes it in many parts.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_by(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> io::Result<()> {
    // Data for programs has no colours, so it bypasses the layer that would remove them.
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints data for people. Colours are removed if standard output is not a terminal, or if
/// `NO_COLOR` is set.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_styled(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints a warning, for example about a choice that weakens the rule.
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
    // If standard error cannot be written, nothing is left to report that to.
    let _ = writeln!(anstream::stderr().lock(), "{style}{kind}:{style:#} {message}");
}

/// A progress bar on standard error. It is only drawn on a terminal.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// A progress indicator for work of unknown length.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(TICK);
    bar.with_message(what)
}

/// Prints help or the version to standard output, or a usage error to standard error.
pub(crate) fn print_clap(error: &clap::Error) -> io::Result<()> {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
