//! Opening, in two steps: everything is decrypted once to check it, and only then given away.

use std::io::{self, BufRead, Read as _, Seek, SeekFrom, Write};

use zeroize::Zeroizing;

use crate::chunk::chunks;
use crate::cipher::{Cipher, TAG};
use crate::error::OpenError;
use crate::exact::{fill, is_at_end};
use crate::file::File;
use crate::header::Header;
use crate::key::DataKey;
use crate::limits::MAX_HEADER;

/// A sealed file. Nothing of it is believed yet.
#[derive(Debug)]
pub struct Sealed<R> {
    header: Header,
    /// The header as it stands there.
    line: Vec<u8>,
    /// Where the contents begin.
    start: u64,
    reader: R,
}

/// A sealed file that its data key opens, to its last byte.
#[derive(Debug)]
pub struct Checked<R> {
    sealed: Sealed<R>,
    key: DataKey,
}

impl<R: BufRead + Seek> Sealed<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be read, or is not a header.
    pub fn read(mut reader: R) -> Result<Self, OpenError> {
        let mut line = Vec::new();
        let most = u64::try_from(MAX_HEADER).unwrap_or(u64::MAX) + 1;
        reader.by_ref().take(most).read_until(b'\n', &mut line).map_err(OpenError::Read)?;
        if line.pop() != Some(b'\n') {
            return Err(OpenError::NoHeader);
        }
        let header = Header::parse(&line)?;
        let start = reader.stream_position().map_err(OpenError::Read)?;
        Ok(Self { header, line, start, reader })
    }

    /// What it says about itself. It is proven by [`check`](Self::check).
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Decrypts everything, and keeps nothing of it. At most one chunk is in memory.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be read, or is not exactly what was sealed under the data key.
    pub fn check(mut self, key: DataKey) -> Result<Checked<R>, OpenError> {
        self.decrypt(&key, |_| Ok(io::sink()))?;
        Ok(Checked { sealed: self, key })
    }

    fn decrypt<W: Write>(
        &mut self,
        key: &DataKey,
        mut output: impl FnMut(&File) -> io::Result<W>,
    ) -> Result<(), OpenError> {
        self.reader.seek(SeekFrom::Start(self.start)).map_err(OpenError::Read)?;
        // It never grows: what it leaves behind would not be overwritten.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.header.largest_chunk() + TAG));
        for (position, file) in self.header.numbered() {
            let changed = || OpenError::Changed(file.name.clone());
            let write = |source| OpenError::Write { name: file.name.clone(), source };
            let cipher = Cipher::new(key, &self.line).ok_or_else(changed)?;
            let mut output = output(file).map_err(write)?;
            for chunk in chunks(position, file) {
                bytes.clear();
                bytes.resize(chunk.length + TAG, 0);
                if !fill(&mut self.reader, &mut bytes).map_err(OpenError::Read)? {
                    return Err(changed());
                }
                let plain = cipher.open(chunk, &mut bytes).map_err(|_| changed())?;
                output.write_all(plain).map_err(write)?;
            }
            output.flush().map_err(write)?;
        }
        match is_at_end(&mut self.reader) {
            Ok(true) => Ok(()),
            Ok(false) => Err(OpenError::Longer),
            Err(error) => Err(OpenError::Read(error)),
        }
    }
}

impl<R: BufRead + Seek> Checked<R> {
    /// What it says about itself, which is what was sealed.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.sealed.header
    }

    /// Writes the contents. `output` opens what the content of a file goes to, in the order of the
    /// header.
    ///
    /// # Errors
    /// [`OpenError`] if the sealed file was changed since it was checked, or a content cannot be
    /// written. What was written until then must not be used.
    pub fn write<W: Write>(
        mut self,
        output: impl FnMut(&File) -> io::Result<W>,
    ) -> Result<(), OpenError> {
        self.sealed.decrypt(&self.key, output)
    }
}
