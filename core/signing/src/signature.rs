//! The signature as it travels in an approver's comment: `[2pr1.…]`.

use std::fmt;

use crate::encoding::{array_from_base64url, base64url, from_base64url};
use crate::key_id::KeyId;
use crate::nonce::Nonce;
use crate::passkey::Desk;
use crate::ssh::ED25519;
use crate::statement::Statement;
use crate::wire::strings;

/// The start of every signature, with the version.
const MARK: &str = "[2pr1.";
/// The same before the version.
const NAME: &str = "[2pr";

/// A signature in a well-formed comment. Nothing about it has been verified.
///
/// It does not identify anything: from one ECDSA signature, anybody can compute a second one that
/// is good for the same statement. What stops replays is the attempt in the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key_id: KeyId,
    nonce: Nonce,
    body: Body,
}

/// The part that depends on the kind of key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Passkey {
        authenticator_data: Vec<u8>,
        signature: Vec<u8>,
        /// `None` if clientDataJSON has the usual form, which follows from the statement.
        client_data: Option<Vec<u8>>,
    },
    /// The signature blob of an SSHSIG.
    Ssh(Vec<u8>),
}

/// What a browser gives for an assertion: three members of its `AuthenticatorAssertionResponse`
/// (WebAuthn, section 5.2.2), as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
}

/// Why a comment's signature cannot be read. Such an approval never counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// One of them could belong to somebody else.
    #[error("the comment carries {0} signatures; it must carry one")]
    Several(usize),
    /// It is cut off, mistyped or joined to another word.
    #[error("the comment carries a broken signature: {0}")]
    Broken(&'static str),
}

/// The version of a signature, from the text after [`NAME`].
fn version(text: &str) -> Option<&str> {
    let (version, _) = text.split_once('.')?;
    (!version.is_empty() && version.chars().all(|c| c.is_ascii_digit())).then_some(version)
}

impl Signature {
    /// Finds the signature in a comment. Returns `None` if the comment carries none.
    ///
    /// # Errors
    /// [`CommentError`] if there are several, if it is not in its canonical form, or if its version
    /// is unknown.
    pub fn from_comment(comment: &str) -> Result<Option<Self>, CommentError> {
        let marks: Vec<&str> = comment.split(NAME).skip(1).filter_map(version).collect();
        match marks.as_slice() {
            [] => Ok(None),
            ["1"] => {
                let mut words = comment.split_whitespace();
                let word = words.find(|word| word.starts_with(MARK));
                let word = word.ok_or(CommentError::Broken("it is not a separate word"))?;
                Self::parse(word).map(Some)
            }
            [_] => Err(CommentError::Broken("its version is unknown: update this program")),
            several => Err(CommentError::Several(several.len())),
        }
    }

    /// The comment without its signature, as people want to read it.
    #[must_use]
    pub fn without(comment: &str) -> String {
        let words = comment.split_inclusive(char::is_whitespace);
        let text: String = words.filter(|word| !word.starts_with(MARK)).collect();
        text.trim().to_owned()
    }

    fn parse(word: &str) -> Result<Self, CommentError> {
        const ENCODING: CommentError =
            CommentError::Broken("a field is not base64url in its canonical form");
        let inner = word.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.ok_or(CommentError::Broken("it does not end with `]`"))?;
        let bytes =
            |field: &str| from_base64url(field).filter(|bytes| !bytes.is_empty()).ok_or(ENCODING);
        let fields: Vec<&str> = inner.split('.').collect();
        let (key_id, nonce, body) = match fields.as_slice() {
            ["p", key_id, nonce, authenticator_data, signature, rest @ ..] if rest.len() < 2 => {
                let body = Body::Passkey {
                    authenticator_data: bytes(authenticator_data)?,
                    signature: bytes(signature)?,
                    client_data: rest.first().map(|field| bytes(field)).transpose()?,
                };
                (key_id, nonce, body)
            }
            ["s", key_id, nonce, signature] => (key_id, nonce, Body::Ssh(bytes(signature)?)),
            ["p" | "s", ..] => {
                return Err(CommentError::Broken("it has too few or too many fields"));
            }
            _ => return Err(CommentError::Broken("its kind is neither `p` nor `s`")),
        };
        Ok(Self {
            key_id: KeyId(array_from_base64url(key_id).ok_or(ENCODING)?),
            nonce: Nonce::new(array_from_base64url(nonce).ok_or(ENCODING)?),
            body,
        })
    }

    /// An SSH key's signature: a signature blob over [`Statement::sshsig_bytes`].
    #[must_use]
    pub fn from_ssh(key_id: KeyId, statement: &Statement, blob: Vec<u8>) -> Self {
        Self { key_id, nonce: statement.nonce(), body: Body::Ssh(blob) }
    }

    /// The signature of an `ssh-ed25519` key that the program holds itself: the 64 bytes that
    /// Ed25519 gives over [`Statement::sshsig_bytes`].
    #[must_use]
    pub fn from_ed25519(key_id: KeyId, statement: &Statement, signature: &[u8]) -> Self {
        Self::from_ssh(key_id, statement, strings(&[ED25519.as_bytes(), signature]))
    }

    /// A passkey's signature: what the browser answered when the page asked it to sign the
    /// statement. clientDataJSON is left out if it has the usual form.
    #[must_use]
    pub fn from_passkey(
        key_id: KeyId,
        statement: &Statement,
        desk: &Desk,
        assertion: Assertion,
    ) -> Self {
        let Assertion { authenticator_data, signature, client_data_json } = assertion;
        let usual = client_data_json == desk.client_data(statement).as_bytes();
        let client_data = (!usual).then_some(client_data_json);
        let body = Body::Passkey { authenticator_data, signature, client_data };
        Self { key_id, nonce: statement.nonce(), body }
    }

    /// The key that the signature names.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The nonce, which is part of the statement.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }
}

impl fmt::Display for Signature {
    /// The word for the comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key_id, nonce, body } = self;
        match body {
            Body::Passkey { authenticator_data, signature, client_data } => {
                let data = base64url(authenticator_data);
                write!(f, "{MARK}p.{key_id}.{nonce}.{data}.{}", base64url(signature))?;
                if let Some(client_data) = client_data {
                    write!(f, ".{}", base64url(client_data))?;
                }
                f.write_str("]")
            }
            Body::Ssh(blob) => write!(f, "{MARK}s.{key_id}.{nonce}.{}]", base64url(blob)),
        }
    }
}
