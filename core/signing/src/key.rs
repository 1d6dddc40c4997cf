//! Public keys of humans, as the rule lists them.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};

use crate::encoding::{base64url, from_base64url};
use crate::ssh::SshKey;

/// The first 8 bytes of the SHA-256 of a public key: of a passkey's DER SubjectPublicKeyInfo, or of
/// an SSH key's blob. It finds a key in the rule; it does not prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl KeyId {
    fn new(public_key: &[u8]) -> Self {
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

/// What holds the private half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A passkey or security key, used through a browser.
    Passkey,
    /// An SSH key on disk or in an agent. It can be copied.
    Ssh,
    /// An SSH key on a security key (`sk-…`).
    SshSecurityKey,
}

impl KeyKind {
    /// As reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Ssh => "ssh",
            Self::SshSecurityKey => "ssh-security-key",
        }
    }
}

/// One human's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    id: KeyId,
    pub(crate) material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    Passkey { credential_id: Vec<u8>, key: Algorithm },
    Ssh(SshKey),
}

/// A public key. Passkeys and SSH keys use the same two algorithms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// A point of P-256, uncompressed: 0x04 and two coordinates of 32 bytes.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// Why a text is not a signing key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another kind of key, or not a key.
    #[error(
        "`{}` is not a signing key: write `passkey:<credential id>:<public key>`, or the line of an \
         SSH public key of type {}", .0.escape_debug(), crate::ssh::TYPES.join(", ")
    )]
    Kind(String),
    /// A passkey whose parts are not base64url, or whose key is of another algorithm.
    #[error(
        "the passkey `{}` is not a credential id and a SubjectPublicKeyInfo of ES256 or Ed25519, both \
         in base64url without padding", .0.escape_debug()
    )]
    Passkey(String),
    /// An SSH key whose base64 does not hold a key of the type in front of it.
    #[error("`{}` is not a public SSH key of the type it names", .0.escape_debug())]
    Ssh(String),
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

    pub(crate) fn ed25519(key: &[u8]) -> Option<Self> {
        (key.len() == 32).then(|| Self::Ed25519(key.to_owned()))
    }

    fn from_spki(der: &[u8]) -> Option<Self> {
        match (der.strip_prefix(SPKI_P256), der.strip_prefix(SPKI_ED25519)) {
            (Some(point), _) => Self::p256(point),
            (None, Some(key)) => Self::ed25519(key),
            (None, None) => None,
        }
    }
}

impl SigningKey {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What holds the private half.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match &self.material {
            Material::Passkey { .. } => KeyKind::Passkey,
            Material::Ssh(key) if key.application.is_some() => KeyKind::SshSecurityKey,
            Material::Ssh(_) => KeyKind::Ssh,
        }
    }

    /// The credential id of a passkey, which a browser needs to find it. Returns `None` for an SSH
    /// key.
    #[must_use]
    pub fn credential_id(&self) -> Option<&[u8]> {
        match &self.material {
            Material::Passkey { credential_id, .. } => Some(credential_id),
            Material::Ssh(_) => None,
        }
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if let Some(fields) = text.strip_prefix("passkey:") {
            return passkey(fields).ok_or_else(|| KeyError::Passkey(text.to_owned()));
        }
        let kind = text.split_whitespace().next().unwrap_or_default();
        if !crate::ssh::TYPES.contains(&kind) {
            return Err(KeyError::Kind(text.to_owned()));
        }
        let (blob, key) = SshKey::parse(text).ok_or_else(|| KeyError::Ssh(text.to_owned()))?;
        Ok(Self { id: KeyId::new(&blob), material: Material::Ssh(key) })
    }
}

fn passkey(fields: &str) -> Option<SigningKey> {
    let (credential_id, spki) = fields.split_once(':')?;
    let credential_id = from_base64url(credential_id).filter(|id| !id.is_empty())?;
    let spki = from_base64url(spki)?;
    let key = Algorithm::from_spki(&spki)?;
    Some(SigningKey { id: KeyId::new(&spki), material: Material::Passkey { credential_id, key } })
}
