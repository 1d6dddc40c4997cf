//! Files that `policygen` reads: UTF-8 or UTF-16, and perhaps compressed.

#[path = "../../policygen/src/input.rs"]
#[expect(dead_code, reason = "the command line needs more of it")]
mod input;

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A text is the same in every encoding that a file may have. Other bytes are read as a text or
/// refused by an error that names the file.
pub fn check(data: &[u8]) {
    let read = |bytes: Vec<u8>| input::as_text(Path::new("file"), bytes);
    if let Err(error) = read(data.to_vec()) {
        assert!(error.to_string().contains("file"), "{error}");
    }
    let Ok(text) = str::from_utf8(data) else { return };
    // Without a byte order mark, a text in UTF-8 cannot be told from other bytes that begin so.
    if text.trim().is_empty() || text.starts_with('\u{feff}') {
        return;
    }
    let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = packer.write_all(data).and_then(|()| packer.finish()).unwrap_or_default();
    let marked = ["\u{feff}".as_bytes(), data].concat();
    for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), packed, marked] {
        assert_eq!(read(bytes).ok().as_deref(), Some(text));
    }
}
