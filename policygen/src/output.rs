//! The only place that prints: data to standard output, everything else to standard error.

use std::error::Error;
use std::io::{self, Write};

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a progress bar is drawn.
const TICK: Duration = Duration::from_millis(120);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Prints data. A reader that has gone away has what it wanted.
///
/// # Errors
/// When standard output cannot be written for any other reason.
pub(crate) fn print(data: &[u8]) -> io::Result<()> {
    // Data for programs is never coloured, so it goes past the layer that would strip colours from
    // it.
    let mut out = io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints data for people, whose colours are taken off where standard output is no terminal, or
/// `NO_COLOR` says so.
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

/// Prints a choice of the user's that weakens the rule.
pub(crate) fn print_warning(message: &str) {
    say(WARNING, "warning", message);
}

/// Prints something that is good to know.
pub(crate) fn print_note(message: &str) {
    say(NOTE, "note", message);
}

/// Prints why the program could not do what it was asked to.
pub(crate) fn print_error(error: &dyn Error) {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    say(ERROR, "error", &message);
}

fn say(style: Style, kind: &str, message: &str) {
    // Where this cannot be printed, there is nowhere left to say so.
    let _ = writeln!(anstream::stderr().lock(), "{style}{kind}:{style:#} {message}");
}

/// A bar that shows how far long work is; on standard error, and only where that is a terminal.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// The same for work of which nobody knows how long it is.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(TICK);
    bar.with_message(what)
}

/// Prints what clap has to say: help and version are data, a usage error is not.
pub(crate) fn print_clap(error: &clap::Error) -> io::Result<()> {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
