//! Who calls: access key ids and the principals that they stand for.
//!
//! The key id is all that is looked at. Signatures are not verified, so anybody who can reach the
//! emulator can act as any of these principals; it listens on loopback only, and nothing real hangs
//! on what it answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::engine::{ApiError, ErrorCode};

/// The principals by their access key id.
#[derive(Debug, Clone)]
pub struct Principals(BTreeMap<String, String>);

/// Why a file of principals cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrincipalsError {
    /// It cannot be read.
    #[error("the principals file `{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a JSON object of strings.
    #[error("the principals file `{}` is not a JSON object that gives each access key id an ARN", .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// An access key id could not be told from the rest of the header.
    #[error("`{0}` cannot be an access key id: use letters, digits, `-` and `_`")]
    KeyId(String),
    /// A principal that is not an ARN.
    #[error(
        "the access key id `{key_id}` stands for `{arn}`, which is not an ARN: give a full `arn:…`"
    )]
    Arn {
        /// The access key id.
        key_id: String,
        /// What it stands for.
        arn: String,
    },
}

impl Principals {
    /// Reads a JSON object that gives each access key id the ARN of its principal.
    ///
    /// # Errors
    /// When the file cannot be read or an entry cannot be meant.
    pub fn read(path: &Path) -> Result<Self, PrincipalsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| PrincipalsError::Read { path: path.to_owned(), source })?;
        let entries = serde_json::from_str(&text)
            .map_err(|source| PrincipalsError::Parse { path: path.to_owned(), source })?;
        Self::new(entries)
    }

    /// Principals by their access key id.
    ///
    /// # Errors
    /// When an entry cannot be meant.
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

    /// A set that shows each case of the two-person rule: two people, two sessions of a role that
    /// the identity provider names, and sessions of a role that anybody may name, one of them after
    /// somebody else.
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

    /// Adds one.
    pub(crate) fn add(&mut self, key_id: &str, arn: String) {
        self.0.insert(key_id.to_owned(), arn);
    }

    /// Access key ids and ARNs, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key_id, arn)| (key_id.as_str(), arn.as_str()))
    }

    /// The principal that an `Authorization` header stands for.
    ///
    /// # Errors
    /// When there is no such header, or nobody has its access key id.
    pub fn caller(&self, authorization: Option<&str>) -> Result<&str, ApiError> {
        let key_id = authorization
            .and_then(|header| header.strip_prefix("AWS4-HMAC-SHA256 "))
            .and_then(|header| header.split_once("Credential="))
            .and_then(|(_, credential)| credential.split_once('/'));
        let Some((key_id, _)) = key_id else {
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
