//! The details of all executions in one block of data: a line of JSON each, compressed.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::details::details;
use crate::report::Report;

/// Base64 of DEFLATE (RFC 1951), which browsers can decompress. It has no character that HTML
/// treats in a special way, no matter what a commit message contains.
///
/// # Errors
/// Writing to memory does not fail.
pub(super) fn packed(report: &Report) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    for evaluated in &report.executions {
        // JSON escapes line breaks.
        encoder.write_all(format!("{}\n", details(evaluated)).as_bytes())?;
    }
    Ok(STANDARD.encode(encoder.finish()?))
}
