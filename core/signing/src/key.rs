//! Public keys of humans, as the rule lists them.

use std::fmt;
use std::str::FromStr;

use crate::algorithm::Algorithm;
use crate::encoding::{base64, base64url, from_base64, from_base64url};
use crate::key_error::KeyError;
use crate::key_id::KeyId;
use crate::small_order::is_of_small_order;
use crate::ssh::{self, SshKey};

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

/// One human's public key. `Display` writes it as the rule lists it, and `FromStr` reads that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    id: KeyId,
    /// A passkey's DER SubjectPublicKeyInfo, or an SSH key's blob.
    encoded: Vec<u8>,
    pub(crate) material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    Passkey { credential_id: Vec<u8>, key: Algorithm },
    Ssh(SshKey),
}

impl SigningKey {
    /// A passkey, from its credential id and its DER SubjectPublicKeyInfo: what a browser gives as
    /// `rawId` and `response.getPublicKey()` when the passkey is created (WebAuthn, section 5.2.1).
    ///
    /// # Errors
    /// [`KeyError`] if the id is empty, or if the key is not of ES256 or Ed25519.
    pub fn passkey(credential_id: &[u8], spki: &[u8]) -> Result<Self, KeyError> {
        if credential_id.is_empty() {
            return Err(KeyError::CredentialId);
        }
        let key = Algorithm::from_spki(spki).ok_or(KeyError::Spki)?;
        let credential_id = credential_id.to_owned();
        Self::new(spki, Material::Passkey { credential_id, key })
    }

    /// An SSH key of type `ssh-ed25519`, from the 32 bytes of its public half.
    ///
    /// # Errors
    /// [`KeyError`] if that is not an Ed25519 key.
    pub fn ed25519(public_key: &[u8]) -> Result<Self, KeyError> {
        Self::ssh(ssh::ED25519, &ssh::ed25519_blob(public_key))
    }

    fn ssh(kind: &'static str, blob: &[u8]) -> Result<Self, KeyError> {
        let key = SshKey::from_blob(kind, blob).ok_or(KeyError::SshForm(kind))?;
        // The credential of a website has its domain there.
        if key.application.as_ref().is_some_and(|name| !name.starts_with(b"ssh:")) {
            return Err(KeyError::Application);
        }
        Self::new(blob, Material::Ssh(key))
    }

    fn new(encoded: &[u8], material: Material) -> Result<Self, KeyError> {
        let key = Self { id: KeyId::new(encoded), encoded: encoded.to_owned(), material };
        if is_of_small_order(key.public_key()) { Err(KeyError::Weak) } else { Ok(key) }
    }

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

    /// The public key in SSH's binary format. Returns `None` for a passkey.
    pub(crate) fn ssh_blob(&self) -> Option<&[u8]> {
        match self.material {
            Material::Passkey { .. } => None,
            Material::Ssh(_) => Some(&self.encoded),
        }
    }
}

impl fmt::Display for SigningKey {
    /// As the rule lists it. The comment of an SSH key is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.material {
            Material::Passkey { credential_id, .. } => {
                let (id, key) = (base64url(credential_id), base64url(&self.encoded));
                write!(f, "passkey:{id}:{key}")
            }
            Material::Ssh(key) => write!(f, "{} {}", key.kind, base64(&self.encoded)),
        }
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    /// Reads a key of the rule, or the line of a `.pub` file with its comment.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
            return Err(KeyError::Private);
        }
        if text.contains(['\n', '\r']) {
            return Err(KeyError::Lines);
        }
        if let Some(fields) = text.strip_prefix("passkey:") {
            let (credential_id, spki) = fields.split_once(':').ok_or(KeyError::Fields)?;
            let credential_id = from_base64url(credential_id).ok_or(KeyError::CredentialId)?;
            return Self::passkey(&credential_id, &from_base64url(spki).ok_or(KeyError::Spki)?);
        }
        let mut words = text.split_whitespace();
        let named = words.next().unwrap_or_default();
        let kind = ssh::TYPES.into_iter().find(|kind| *kind == named);
        let kind = kind.ok_or_else(|| KeyError::of_type(named))?;
        let blob = words.next().and_then(from_base64);
        Self::ssh(kind, &blob.ok_or(KeyError::SshForm(kind))?)
    }
}
