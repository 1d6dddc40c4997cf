//! Signatures by SSH keys: the SSHSIG format of OpenSSH.
//!
//! Sources: OpenSSH's PROTOCOL.sshsig (the blob that is signed), RFC 8709 (Ed25519), RFC 5656
//! (ECDSA), and PROTOCOL.u2f (`sk-` keys on security keys).

use ring::digest::{SHA256, SHA512, digest};

use crate::algorithm::{Algorithm, verified};
use crate::error::BadSignature;
use crate::statement::Statement;
use crate::wire::{Reader, strings};

/// The namespace of our signatures: `ssh-keygen -Y sign -n two-person-rule`.
pub const NAMESPACE: &str = "two-person-rule";
/// The first bytes of an SSHSIG, and of what a key signs for it.
pub(crate) const MAGIC: &[u8] = b"SSHSIG";
/// The hash of the message in an SSHSIG.
pub(crate) const HASH: &[u8] = b"sha512";

pub(crate) const ED25519: &str = "ssh-ed25519";
const ECDSA: &str = "ecdsa-sha2-nistp256";
const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com";
const SK_ECDSA: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

/// The types of key that are accepted.
pub(crate) const TYPES: [&str; 4] = [ED25519, ECDSA, SK_ED25519, SK_ECDSA];

const CURVE: &[u8] = b"nistp256";

/// "User present" in the flags of a security key's signature (PROTOCOL.u2f).
const USER_PRESENT: u8 = 0x01;
/// "User verified" in the same flags.
const USER_VERIFIED: u8 = 0x04;

/// A public SSH key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SshKey {
    pub(crate) kind: &'static str,
    pub(crate) key: Algorithm,
    /// The application of an `sk-` key, which is part of the signed bytes.
    pub(crate) application: Option<Vec<u8>>,
}

/// What a security key adds to a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) user_verified: bool,
    pub(crate) counter: u32,
}

impl SshKey {
    /// Reads a key of this type in SSH's binary format.
    pub(crate) fn from_blob(kind: &'static str, blob: &[u8]) -> Option<Self> {
        let mut reader = Reader(blob);
        if reader.string()? != kind.as_bytes() {
            return None;
        }
        let key = match kind {
            ECDSA | SK_ECDSA => {
                if reader.string()? != CURVE {
                    return None;
                }
                Algorithm::p256(reader.string()?)?
            }
            _ => Algorithm::ed25519(reader.string()?)?,
        };
        let application = match kind {
            SK_ED25519 | SK_ECDSA => Some(reader.string()?.to_owned()),
            _ => None,
        };
        reader.is_at_end().then_some(Self { kind, key, application })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        self.key.bytes()
    }

    /// Verifies the signature blob of an SSHSIG over `message`. Returns `None` for a key on disk.
    pub(crate) fn verify(
        &self,
        message: &[u8],
        blob: &[u8],
    ) -> Result<Option<Touch>, BadSignature> {
        let mut reader = Reader(blob);
        let kind = reader.string().ok_or(BadSignature::Form)?;
        if kind != self.kind.as_bytes() {
            return Err(BadSignature::OtherKind);
        }
        let value = reader.string().ok_or(BadSignature::Form)?;
        let signed = signed_data(message);
        let (signed, touch) = match &self.application {
            None => (signed, None),
            Some(application) => {
                let flags = reader.byte().ok_or(BadSignature::Form)?;
                let counter = reader.number().ok_or(BadSignature::Form)?;
                let user_verified = flags & USER_VERIFIED != 0;
                if flags & USER_PRESENT == 0 {
                    return Err(BadSignature::NobodyPresent);
                }
                let signed = [
                    digest(&SHA256, application).as_ref(),
                    &[flags],
                    &counter.to_be_bytes(),
                    digest(&SHA256, &signed).as_ref(),
                ]
                .concat();
                (signed, Some(Touch { user_verified, counter }))
            }
        };
        if !reader.is_at_end() {
            return Err(BadSignature::Form);
        }
        let (algorithm, key, value): (&dyn ring::signature::VerificationAlgorithm, _, _) =
            match &self.key {
                Algorithm::P256(point) => {
                    let value = fixed(value).ok_or(BadSignature::Form)?;
                    (&ring::signature::ECDSA_P256_SHA256_FIXED, point, value)
                }
                Algorithm::Ed25519(key) => (&ring::signature::ED25519, key, value.to_owned()),
            };
        verified(algorithm, key, &signed, &value)?;
        Ok(touch)
    }
}

/// The blob of an `ssh-ed25519` key.
pub(crate) fn ed25519_blob(public_key: &[u8]) -> Vec<u8> {
    strings(&[ED25519.as_bytes(), public_key])
}

impl Statement {
    /// The bytes that an SSH key signs for this statement, for a program that holds a key itself.
    /// Its signature, as a signature blob (RFC 4253, section 6.6), goes to
    /// [`Signature::from_ssh`](crate::Signature::from_ssh). A security key hashes these bytes and
    /// adds its flags and counter (PROTOCOL.u2f).
    #[must_use]
    pub fn sshsig_bytes(&self) -> Vec<u8> {
        signed_data(self.as_bytes())
    }
}

/// The bytes that the key signs for an SSHSIG. They differ from the message, so that a signature
/// cannot be reused in another SSH protocol.
fn signed_data(message: &[u8]) -> Vec<u8> {
    let hash = digest(&SHA512, message);
    [MAGIC, &strings(&[NAMESPACE.as_bytes(), b"", HASH, hash.as_ref()])].concat()
}

/// An ECDSA signature of two `mpint`s (RFC 5656, section 3.1.2) as two numbers of 32 bytes.
fn fixed(value: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(value);
    let mut both = Vec::with_capacity(64);
    for _ in 0..2 {
        let number = reader.string()?;
        // INVARIANT (fail closed): as OpenSSH reads it, a set first bit would be a minus sign.
        if number.first().is_some_and(|first| first & 0x80 != 0) {
            return None;
        }
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let number = number.get(zeros..)?;
        both.extend(std::iter::repeat_n(0, 32_usize.checked_sub(number.len())?));
        both.extend(number);
    }
    reader.is_at_end().then_some(both)
}
