//! The two algorithms of signing keys.

use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use crate::encoding::from_base64;
use crate::error::BadSignature;

/// A public key. Passkeys and SSH keys use the same two algorithms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// A point of P-256, uncompressed: 0x04 and two coordinates of 32 bytes.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The DER of a SubjectPublicKeyInfo before the key: id-ecPublicKey on prime256v1 with an
/// uncompressed point (RFC 5480), and id-Ed25519 (RFC 8410).
const SPKI_P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const SPKI_ED25519: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl Algorithm {
    /// A point in its uncompressed form.
    pub(crate) fn p256(point: &[u8]) -> Option<Self> {
        (point.len() == 65 && point.first() == Some(&4)).then(|| Self::P256(point.to_owned()))
    }

    /// A key of 32 bytes.
    pub(crate) fn ed25519(key: &[u8]) -> Option<Self> {
        (key.len() == 32).then(|| Self::Ed25519(key.to_owned()))
    }

    /// The point or the key.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::P256(bytes) | Self::Ed25519(bytes) => bytes,
        }
    }

    /// Reads a DER SubjectPublicKeyInfo.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Self> {
        match (der.strip_prefix(SPKI_P256), der.strip_prefix(SPKI_ED25519)) {
            (Some(point), _) => Self::p256(point),
            (None, Some(key)) => Self::ed25519(key),
            (None, None) => None,
        }
    }
}

/// The point of a public key of P-256 in a PEM file (RFC 7468): 0x04 and two coordinates of 32
/// bytes. Returns `None` if the text is not the SubjectPublicKeyInfo of such a key.
#[must_use]
pub fn p256_of_pem(pem: &str) -> Option<Vec<u8>> {
    let text = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let text = text.strip_suffix("-----END PUBLIC KEY-----")?;
    let text: String = text.split_ascii_whitespace().collect();
    match Algorithm::from_spki(&from_base64(&text)?)? {
        Algorithm::P256(point) => Some(point),
        Algorithm::Ed25519(_) => None,
    }
}

/// Verifies with `ring`.
pub(crate) fn verified(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(algorithm, key)
        .verify(signed, signature)
        .map_err(|_| BadSignature::NotSigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_pem_and_nothing_else_is_a_key() {
        let point = [&[4], [7; 64].as_slice()].concat();
        let spki = crate::encoding::base64(&[SPKI_P256, &point].concat());
        let (first, second) = spki.split_at(64);
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
        assert_eq!(p256_of_pem(&pem).as_deref(), Some(point.as_slice()));
        assert!(p256_of_pem(&pem.replace('\n', "\r\n")).is_some());
        for wrong in [
            String::new(),
            "<Error><Code>AccessDenied</Code></Error>".to_owned(),
            pem.replace("PUBLIC KEY", "CERTIFICATE"),
            pem.replace("-----END PUBLIC KEY-----", ""),
            pem.replacen("MFkw", "MFkx", 1),
            format!("{pem}{pem}"),
        ] {
            assert_eq!(p256_of_pem(&wrong), None, "{wrong}");
        }
    }
}
