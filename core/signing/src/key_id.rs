//! The short name of a key.

use std::fmt;

use ring::digest::{SHA256, digest};

use crate::encoding::base64url;

/// The first 8 bytes of the SHA-256 of a public key: of a passkey's DER SubjectPublicKeyInfo, or of
/// an SSH key's blob. It finds a key in the rule; it does not prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl KeyId {
    /// The id of a public key, from its DER or its blob.
    pub(crate) fn new(public_key: &[u8]) -> Self {
        let mut id = [0; 8];
        id.iter_mut().zip(digest(&SHA256, public_key).as_ref()).for_each(|(to, from)| *to = *from);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}
