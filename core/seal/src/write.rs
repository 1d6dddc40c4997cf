//! Sealing.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::chunk::chunks;
use crate::cipher::{Cipher, TAG};
use crate::error::SealError;
use crate::exact::{fill, is_at_end};
use crate::file::File;
use crate::header::Header;
use crate::key::DataKey;

/// Writes a sealed file. `content` opens the content of a file, which is read once, in the order of
/// the header. At most one chunk is in memory.
///
/// The data key must be new, and is used up.
///
/// # Errors
/// [`SealError`] if a content cannot be read or does not have the size in the header, or `out`
/// cannot be written. What is in `out` then is not a sealed file.
pub fn seal<R: Read>(
    header: &Header,
    key: DataKey,
    mut content: impl FnMut(&File) -> io::Result<R>,
    out: &mut impl Write,
) -> Result<(), SealError> {
    let line = header.line()?;
    out.write_all(&line).and_then(|()| out.write_all(b"\n")).map_err(SealError::Write)?;
    // It never grows: what it leaves behind would not be overwritten.
    let mut bytes = Zeroizing::new(Vec::with_capacity(header.largest_chunk() + TAG));
    for (position, file) in header.numbered() {
        let name = || file.name.clone();
        let read = |source| SealError::Read { name: name(), source };
        let cipher = Cipher::new(&key, &line).ok_or_else(|| SealError::Cipher(name()))?;
        let mut content = content(file).map_err(read)?;
        for chunk in chunks(position, file) {
            bytes.clear();
            bytes.resize(chunk.length, 0);
            if !fill(&mut content, &mut bytes).map_err(read)? {
                return Err(SealError::SizeChanged(name()));
            }
            cipher.seal(chunk, &mut bytes).map_err(|_| SealError::Cipher(name()))?;
            out.write_all(&bytes).map_err(SealError::Write)?;
        }
        if !is_at_end(&mut content).map_err(read)? {
            return Err(SealError::SizeChanged(name()));
        }
    }
    out.flush().map_err(SealError::Write)
}
