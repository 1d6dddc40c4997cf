//! Reading exactly as much as was announced.

use std::io::{self, Read};

/// Fills the buffer. Returns `false` if there is less to read.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether nothing is left to read.
pub(crate) fn is_at_end(reader: &mut impl Read) -> io::Result<bool> {
    fill(reader, &mut [0]).map(|is_filled| !is_filled)
}
