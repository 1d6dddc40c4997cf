//! AES-256-GCM over chunks.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;

use crate::chunk::Chunk;
use crate::key::DataKey;

/// The bytes that encryption adds to a chunk.
pub(crate) const TAG: usize = 16;

/// A data key and what it is bound to.
pub(crate) struct Cipher<'a> {
    key: LessSafeKey,
    /// The line of the header.
    line: &'a [u8],
}

impl<'a> Cipher<'a> {
    /// Returns `None` if the key does not have the length of a key, which a [`DataKey`] has.
    pub(crate) fn new(key: &DataKey, line: &'a [u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).ok()?;
        Some(Self { key: LessSafeKey::new(key), line })
    }

    /// Encrypts a chunk in its place, and puts the tag behind it.
    pub(crate) fn seal(&self, chunk: Chunk, bytes: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.key.seal_in_place_append_tag(nonce(chunk), Aad::from(self.line), bytes)
    }

    /// Decrypts a chunk in its place, and returns the part that is the plain text.
    pub(crate) fn open<'b>(
        &self,
        chunk: Chunk,
        bytes: &'b mut [u8],
    ) -> Result<&'b [u8], Unspecified> {
        let plain = self.key.open_in_place(nonce(chunk), Aad::from(self.line), bytes)?;
        Ok(plain)
    }
}

fn nonce(chunk: Chunk) -> Nonce {
    Nonce::assume_unique_for_key(chunk.nonce())
}
