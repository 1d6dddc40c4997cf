//! The challenge of a text that a passkey signs.

use ring::digest::{SHA256, digest};

use crate::encoding::base64url;

/// The challenge, as a page gives it to the browser: the SHA-256 of the text that is signed, in
/// base64url.
pub(crate) fn challenge(text: &[u8]) -> String {
    base64url(digest(&SHA256, text).as_ref())
}
