//! What is released: the subjects of the statement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sha256::Sha256;

/// An artifact of the pipeline, as it was when the gate read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its name in the pipeline: `BuildOutput`.
    pub name: String,
    /// Its place: `s3://bucket/key`.
    pub uri: String,
    /// The SHA-256 of the object.
    pub sha256: Sha256,
}

/// A subject of a statement: a ResourceDescriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
    pub(crate) digest: BTreeMap<String, String>,
}

impl Subject {
    /// A source revision. A commit of git and the digest of an image are digests already. Any other
    /// revision, such as the version of an object, is named by the SHA-256 of its text.
    pub(crate) fn revision(revision: &str) -> Self {
        let is_hex = |text: &str| text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let image = revision.strip_prefix("sha256:").filter(|it| it.parse::<Sha256>().is_ok());
        let (algorithm, digest) = match image {
            Some(digest) => ("sha256", digest.to_owned()),
            None if revision.len() == 40 && is_hex(revision) => ("gitCommit", revision.to_owned()),
            None => ("sha256", Sha256::of(revision.as_bytes()).to_string()),
        };
        let digest = BTreeMap::from([(algorithm.to_owned(), digest)]);
        Self { name: revision.to_owned(), uri: None, digest }
    }
}

impl From<&Artifact> for Subject {
    fn from(Artifact { name, uri, sha256 }: &Artifact) -> Self {
        let digest = BTreeMap::from([("sha256".to_owned(), sha256.to_string())]);
        Self { name: name.clone(), uri: Some(uri.clone()), digest }
    }
}

/// An artifact has a place, and a SHA-256 and no other digest.
impl TryFrom<&Subject> for Artifact {
    type Error = ();

    fn try_from(Subject { name, uri, digest }: &Subject) -> Result<Self, ()> {
        let sha256 = match digest.len() {
            1 => digest.get("sha256").ok_or(())?.parse().map_err(|_| ())?,
            _ => return Err(()),
        };
        Ok(Self { name: name.clone(), uri: uri.clone().ok_or(())?, sha256 })
    }
}
