//! The public half of the key that signs proofs.

use std::str::FromStr;

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use signing::p256_of_pem;

/// A public key of P-256, as KMS's GetPublicKey gives it for a key of type `ECC_NIST_P256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

/// The error for a text that is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a public key of P-256 in PEM, which begins with `-----BEGIN PUBLIC KEY-----`; \
     `aws kms get-public-key` gives its DER, and `openssl pkey -pubin -inform DER` makes PEM of it"
)]
pub struct NotAPublicKey;

impl FromStr for PublicKey {
    type Err = NotAPublicKey;

    /// Reads PEM.
    fn from_str(pem: &str) -> Result<Self, NotAPublicKey> {
        p256_of_pem(pem).map(Self).ok_or(NotAPublicKey)
    }
}

impl PublicKey {
    /// Whether the private half signed these bytes: ECDSA over their SHA-256, in DER.
    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(bytes, signature).is_ok()
    }
}
