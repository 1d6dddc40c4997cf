//! Why a text is not a signing key.

use crate::ssh::TYPES;

/// Why a text is not a signing key. None of the messages repeats the text, which may be a private
/// key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file without `.pub`, most likely.
    #[error(
        "it is a private key: give the public key, which `ssh-keygen` writes to the file ending in \
         `.pub`, and keep the private key to yourself"
    )]
    Private,
    /// Only the first of several keys would be read.
    #[error("it has several lines: a signing key is one line")]
    Lines,
    /// An SSH key of a type that is not accepted.
    #[error(
        "an SSH key of type `{0}` cannot sign approvals: make one with `ssh-keygen -t ed25519`, or \
         `ssh-keygen -t ed25519-sk` on a security key"
    )]
    Type(String),
    /// Something else.
    #[error(
        "it is not a signing key: write `passkey:<credential id>:<public key>`, or the line of an \
         SSH public key, which begins with {}", TYPES.join(", ")
    )]
    Kind,
    /// A passkey with too few fields.
    #[error("a passkey is written `passkey:<credential id>:<public key>`")]
    Fields,
    /// The first field of a passkey.
    #[error("the credential id of a passkey must be base64url without padding")]
    CredentialId,
    /// The second field of a passkey.
    #[error(
        "the public key of a passkey must be a SubjectPublicKeyInfo of ES256 or Ed25519, in \
         base64url without padding"
    )]
    Spki,
    /// An SSH key whose base64 does not hold a key of the type in front of it.
    #[error(
        "what follows `{0}` is not a public key of that type: copy the whole line of the `.pub` file"
    )]
    SshForm(&'static str),
    /// A security key's credential for a website, written as an SSH key.
    #[error(
        "the application of the security key must begin with `ssh:`: make the key with \
         `ssh-keygen -t ed25519-sk`"
    )]
    Application,
    /// A public key without a private half.
    #[error("anybody can sign for this public key: make a new one with `ssh-keygen -t ed25519`")]
    Weak,
}

impl KeyError {
    /// The error for an SSH key of another type, or for another text that begins with this word.
    pub(crate) fn of_type(word: &str) -> Self {
        let of_types = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-@.".contains(c);
        let is_type = ["ssh-", "ecdsa-", "sk-"].iter().any(|start| word.starts_with(start));
        match is_type && word.len() <= 64 && word.chars().all(of_types) {
            true => Self::Type(word.to_owned()),
            false => Self::Kind,
        }
    }
}
