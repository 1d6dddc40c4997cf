//! What a sealed file is for.

use std::collections::BTreeMap;

use names::PipelineName;
use serde::{Deserialize, Serialize};

/// The longest revision or environment, in bytes. The whole encryption context of KMS has at most
/// 8,192 bytes (AWS KMS Developer Guide, "Encryption context").
const LONGEST: usize = 1024;

names::checked_text!(
    /// A revision or an environment.
    pub ContextText,
    "a revision or an environment: 1 to 1024 bytes without control characters",
    |text| (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control)
);

/// The release that a sealed file is for. KMS decrypts its data key only if the caller names the
/// same context, and writes it to CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The pipeline of the release.
    pub pipeline: PipelineName,
    /// One of the release's source revisions, as CodePipeline names it: a commit, or the version of
    /// an object.
    pub revision: ContextText,
    /// Where it may be opened.
    pub environment: ContextText,
}

impl Context {
    /// The encryption context for KMS.
    #[must_use]
    pub fn for_kms(&self) -> BTreeMap<String, String> {
        let members: [(&str, &str); 3] = [
            ("pipeline", &self.pipeline),
            ("revision", &self.revision),
            ("environment", &self.environment),
        ];
        members.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}
