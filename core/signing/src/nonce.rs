//! The nonce of a statement.

use std::fmt;

use crate::encoding::base64url;

/// 16 random bytes, so that nobody can know a statement before it is written. Verifiers do not
/// remember nonces: the attempt in the statement stops replays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// Takes bytes that the caller has drawn at random.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}
