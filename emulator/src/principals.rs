//! The callers: access key ids, and their principals.
//!
//! The access key id alone identifies a caller. Signatures are not verified, so anybody who can
//! reach the emulator can act as any of these principals. But the emulator listens on loopback
//! only, and nothing real depends on its answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::engine::{ApiError, ErrorCode};

/// The principals, by their access key ids.
#[derive(Debug, Clone)]
pub struct Principals(BTreeMap<String, String>);

/// The ARN of a session of a role.
pub(crate) fn session(partition: &str, account_id: &str, role: &str, name: &str) -> String {
    format!("arn:{partition}:sts::{account_id}:assumed-role/{role}/{name}")
}

/// Why a file of principals cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrincipalsError {
    /// The file cannot be read.
    #[error("the principals file `{}` cannot be read", .path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not a JSON object of strings.
    #[error("the principals file `{}` is not a JSON object that maps each access key id to an ARN", .path.display())]
    Parse {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// An access key id is malformed, so the header could not be split.
    #[error("`{0}` cannot be an access key id: use letters, digits, `-` and `_`")]
    KeyId(String),
    /// A principal is not an ARN.
    #[error(
        "the access key id `{key_id}` is for `{arn}`, which is not an ARN: write a full `arn:…`"
    )]
    Arn {
        /// The access key id.
        key_id: String,
        /// The text in place of an ARN.
        arn: String,
    },
}

impl Principals {
    /// Reads a JSON object that maps each access key id to the ARN of its principal.
    ///
    /// # Errors
    /// If the file cannot be read or an entry is malformed.
    pub fn read(path: &Path) -> Result<Self, PrincipalsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| PrincipalsError::Read { path: path.to_owned(), source })?;
        let entries = serde_json::from_str(&text)
            .map_err(|source| PrincipalsError::Parse { path: path.to_owned(), source })?;
        Self::new(entries)
    }

    /// Principals by their access key ids.
    ///
    /// # Errors
    /// If an entry is malformed.
    pub fn new(entries: BTreeMap<String, String>) -> Result<Self, PrincipalsError> {
        for (key_id, arn) in &entries {
            let plain =
                |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            if key_id.is_empty() || !key_id.chars().all(plain) {
                return Err(PrincipalsError::KeyId(key_id.clone()));
            }
            if !arn.starts_with("arn:") {
                return Err(PrincipalsError::Arn { key_id: key_id.clone(), arn: arn.clone() });
            }
        }
        Ok(Self(entries))
    }

    /// A set that shows each case of the two-person rule: two users, two sessions with names from
    /// an identity provider, and sessions of a role whose names anybody may choose, one of them
    /// with the name of another person.
    #[must_use]
    pub fn examples(account_id: &str) -> Self {
        let sso = "assumed-role/AWSReservedSSO_Approver_0123456789abcdef";
        let entries = [
            ("alice", format!("arn:aws:iam::{account_id}:user/alice")),
            ("bob", format!("arn:aws:iam::{account_id}:user/bob")),
            ("sso-alice", format!("arn:aws:sts::{account_id}:{sso}/alice@example.com")),
            ("sso-carol", format!("arn:aws:sts::{account_id}:{sso}/carol@example.com")),
            ("deployer-1", format!("arn:aws:sts::{account_id}:assumed-role/Deployer/session-1")),
            ("deployer-2", format!("arn:aws:sts::{account_id}:assumed-role/Deployer/session-2")),
            ("deployer-alice", format!("arn:aws:sts::{account_id}:assumed-role/Deployer/alice")),
        ];
        Self(entries.map(|(key_id, arn)| (key_id.to_owned(), arn)).into())
    }

    /// Adds a principal.
    pub(crate) fn add(&mut self, key_id: &str, arn: String) {
        self.0.insert(key_id.to_owned(), arn);
    }

    /// The access key ids with their ARNs, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key_id, arn)| (key_id.as_str(), arn.as_str()))
    }

    /// The principal of an `Authorization` header.
    ///
    /// # Errors
    /// If there is no such header, or its access key id is unknown.
    pub fn caller(&self, authorization: Option<&str>) -> Result<&str, ApiError> {
        let Some(key_id) = authorization.and_then(key_id) else {
            return Err(
                ErrorCode::MissingAuthenticationToken.because("Missing Authentication Token")
            );
        };
        self.0.get(key_id).map(String::as_str).ok_or_else(|| {
            ErrorCode::UnrecognizedClient
                .because("The security token included in the request is invalid.")
        })
    }
}

/// The access key id of an `Authorization` header.
pub(crate) fn key_id(authorization: &str) -> Option<&str> {
    let (_, credential) =
        authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split_once("Credential=")?;
    Some(credential.split_once('/')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_id_tells_who_calls() {
        let principals = Principals::examples("111122223333");
        let header = |key_id: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key_id}/20260101/us-east-1/codepipeline/aws4_request, Signature=0"
            )
        };
        assert_eq!(
            principals.caller(Some(&header("bob"))).unwrap(),
            "arn:aws:iam::111122223333:user/bob"
        );
        let code = |header: Option<&str>| principals.caller(header).unwrap_err().code;
        assert_eq!(code(Some(&header("mallory"))), ErrorCode::UnrecognizedClient);
        assert_eq!(code(Some("Bearer alice/")), ErrorCode::MissingAuthenticationToken);
        assert_eq!(code(None), ErrorCode::MissingAuthenticationToken);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |key_id: &str, arn: &str| {
            Principals::new([(key_id.to_owned(), arn.to_owned())].into()).unwrap_err().to_string()
        };
        assert!(
            refused("a/b", "arn:aws:iam::111122223333:root")
                .contains("`a/b` cannot be an access key id")
        );
        assert!(refused("alice", "alice").contains("`alice`, which is not an ARN"));
    }
}
