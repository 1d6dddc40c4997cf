//! The digest of a rule, by which the gate and a report tell whether they mean the same one.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// The digest of a rule's JSON. Its default is that of the empty rule, `{}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleDigest(String);

impl RuleDigest {
    /// The digest of a text that is the JSON of a rule.
    pub(crate) fn of(json: &str) -> Self {
        // A value has its keys sorted. A text that is not JSON is not a rule either.
        let canonical = serde_json::from_str::<Value>(json).map(|mut value| {
            // It is for editors, and means nothing.
            if let Some(keys) = value.as_object_mut() {
                keys.remove("$schema");
            }
            value.to_string()
        });
        Self::of_bytes(canonical.as_deref().unwrap_or(json).as_bytes())
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let mut text = "sha256:".to_owned();
        for byte in digest(&SHA256, bytes).as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RuleDigest {
    fn default() -> Self {
        Self::of_bytes(b"{}")
    }
}
