//! Signatures by SSH keys: the SSHSIG format of OpenSSH.
//!
//! Sources: OpenSSH's PROTOCOL.sshsig (the blob that is signed), RFC 8709 (Ed25519), RFC 5656
//! (ECDSA), and PROTOCOL.u2f (`sk-` keys on security keys).

use ring::digest::{SHA256, SHA512, digest};

use crate::algorithm::{Algorithm, verified};
use crate::encoding::from_base64;
use crate::error::BadSignature;

/// The namespace of our signatures: `ssh-keygen -Y sign -n two-person-rule`.
pub const NAMESPACE: &str = "two-person-rule";

const ED25519: &str = "ssh-ed25519";
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
    kind: &'static str,
    key: Algorithm,
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
    /// Reads the line of a `.pub` file: the type, the blob in base64, and a comment. Returns the
    /// blob too.
    pub(crate) fn parse(line: &str) -> Option<(Vec<u8>, Self)> {
        let mut words = line.split_whitespace();
        let (named, blob) = (words.next()?, from_base64(words.next()?)?);
        let kind = TYPES.into_iter().find(|kind| *kind == named)?;
        let mut reader = Reader(&blob);
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
        reader.is_at_end().then_some(())?;
        Some((blob, Self { kind, key, application }))
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

/// The bytes that the key signs for an SSHSIG. They differ from the message, so that a signature
/// cannot be reused in another SSH protocol.
fn signed_data(message: &[u8]) -> Vec<u8> {
    let mut data = b"SSHSIG".to_vec();
    let hash = digest(&SHA512, message);
    for field in [NAMESPACE.as_bytes(), b"", b"sha512", hash.as_ref()] {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        data.extend(length.to_be_bytes());
        data.extend(field);
    }
    data
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

/// Reads the binary format of SSH (RFC 4251, section 5).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
