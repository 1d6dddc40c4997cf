//! Public keys of humans, as the rule lists them.

use std::str::FromStr;

use crate::algorithm::Algorithm;
use crate::encoding::from_base64url;
use crate::key_id::KeyId;
use crate::ssh::SshKey;

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

    /// The bytes of the public key itself: the point or the 32 bytes. One key has the same bytes in
    /// every form that it can be written in.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.material {
            Material::Passkey { key, .. } => key.bytes(),
            Material::Ssh(key) => key.public_key(),
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
