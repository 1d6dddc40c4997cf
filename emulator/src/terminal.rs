//! The only place that prints.

use std::error::Error;
use std::io::{self, Write as _};

/// Prints data. A reader that has gone away is not an error.
///
/// # Errors
/// When standard output cannot be written for any other reason.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.or_else(
        |error| {
            if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
        },
    )
}

/// Prints why the program could not do what it was asked to.
pub(crate) fn print_error(error: &dyn Error) {
    let mut message = format!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    // Where an error cannot be printed, there is nowhere left to say so.
    let _ = writeln!(anstream::stderr().lock(), "{message}");
}
