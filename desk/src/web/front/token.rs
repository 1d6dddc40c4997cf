//! The token: a JWT (RFC 7519) as an Application Load Balancer makes it. It is in base64url with
//! padding, which JWTs do not have, and the signature covers the padding. What has to be checked is
//! in its header, where no JWT library looks for it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// With padding, or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claim that says who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Email,
    Subject,
    PreferredUsername,
}

impl Claim {
    pub(crate) const ALL: [Self; 3] = [Self::Email, Self::Subject, Self::PreferredUsername];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Subject => "sub",
            Self::PreferredUsername => "preferred_username",
        }
    }
}

impl FromStr for Claim {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|claim| claim.as_str() == text).ok_or(())
    }
}

/// What the header of a token has to contain.
#[derive(Debug)]
pub(super) struct Expected {
    /// The load balancer's ARN.
    pub(super) signer: String,
    pub(super) issuer: String,
    pub(super) client: String,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadToken {
    #[error("is not one token of a load balancer")]
    Malformed,
    #[error("is not signed with ES256")]
    Algorithm,
    #[error("is of another load balancer than this desk's")]
    Signer,
    #[error("is of another identity provider than this desk's")]
    Issuer,
    #[error("is for another client of the identity provider than this desk's")]
    Client,
    #[error("has expired")]
    Expired,
    #[error("names a key whose id is not a UUID")]
    KeyId,
    #[error("is not signed by the load balancer")]
    Signature,
    #[error("has no `{0}`; let the identity provider send it, or choose another claim")]
    Claim(&'static str),
    #[error("has an e-mail address that the identity provider has not verified")]
    Unverified,
}

/// The id of a key: a UUID, because it becomes a part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyId(String);

impl KeyId {
    fn parse(text: String) -> Option<Self> {
        let is_right = |(at, b): (usize, u8)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        };
        (text.len() == 36 && text.bytes().enumerate().all(is_right)).then_some(Self(text))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    signer: String,
    iss: String,
    client: String,
    /// Seconds since 1970.
    exp: i64,
    /// Extensions that a reader has to understand (RFC 7515, section 4.1.11). There are none here.
    crit: Option<IgnoredAny>,
}

/// A token that nobody has verified. Not `Debug`, because a person who has it can use it.
pub(super) struct Token<'a> {
    header: Header,
    payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// # Errors
    /// [`BadToken::Malformed`]
    pub(super) fn read(text: &'a str) -> Result<Self, BadToken> {
        let decoded = |text: &str| BASE64.decode(text).map_err(|_| BadToken::Malformed);
        let (signed, signature) = text.rsplit_once('.').ok_or(BadToken::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(BadToken::Malformed)?;
        let header = serde_json::from_slice(&decoded(header)?).map_err(|_| BadToken::Malformed)?;
        Ok(Self { header, payload: decoded(payload)?, signed, signature: decoded(signature)? })
    }

    /// The key that it says it is signed with, if it says everything that is expected.
    ///
    /// # Errors
    /// [`BadToken`]
    pub(super) fn key_id(&self, expected: &Expected, now: Timestamp) -> Result<KeyId, BadToken> {
        let Header { alg, kid, signer, iss, client, exp, crit } = &self.header;
        let holds = [
            (alg == "ES256", BadToken::Algorithm),
            (crit.is_none(), BadToken::Malformed),
            (*signer == expected.signer, BadToken::Signer),
            (*iss == expected.issuer, BadToken::Issuer),
            (*client == expected.client, BadToken::Client),
            (now.as_second() < *exp, BadToken::Expired),
        ];
        match holds.into_iter().find(|(holds, _)| !holds) {
            Some((_, bad)) => Err(bad),
            None => KeyId::parse(kid.clone()).ok_or(BadToken::KeyId),
        }
    }

    /// The value of a claim, if the token is signed with this key.
    ///
    /// # Errors
    /// [`BadToken`]
    pub(super) fn verified(self, key: &[u8], claim: Claim) -> Result<String, BadToken> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| BadToken::Signature)?;
        let claims: Value =
            serde_json::from_slice(&self.payload).map_err(|_| BadToken::Malformed)?;
        // Some providers write it as a text.
        let is_false = |it: &Value| *it == Value::Bool(false) || it == "false";
        if claim == Claim::Email && claims.get("email_verified").is_some_and(is_false) {
            return Err(BadToken::Unverified);
        }
        match claims.get(claim.as_str()).and_then(Value::as_str) {
            Some(name) if !name.is_empty() => Ok(name.to_owned()),
            _ => Err(BadToken::Claim(claim.as_str())),
        }
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
