//! The only place that prints.

use std::error::Error;
use std::io::{self, Write as _};

/// Prints data. A reader that has closed the pipe is not an error.
///
/// # Errors
/// If standard output cannot be written for another reason.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.or_else(
        |error| {
            if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
        },
    )
}

/// Prints why the program failed.
pub(crate) fn print_error(error: &dyn Error) {
    // If an error cannot be printed, nothing is left to do.
    let _ = writeln!(anstream::stderr().lock(), "error: {}", names::with_sources(error));
}
