//! KMS keys and data keys.

use std::fmt;

use names::{Arn, KmsKeyArn};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base64_text;

/// Whether both are one multi-Region key, in the same region or in two: one decrypts what the other
/// encrypted (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS": related keys have the same
/// key ID, and theirs begins with `mrk-`).
#[must_use]
pub fn are_related(one: &KmsKeyArn, other: &KmsKeyArn) -> bool {
    let of = |key| Arn::parse(key).map(|arn| (arn.partition, arn.account, arn.resource));
    of(one).is_some_and(|(.., resource)| resource.starts_with("key/mrk-")) && of(one) == of(other)
}

/// The data key of a sealed file, as one KMS key encrypted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// The KMS key that decrypts it.
    pub key: KmsKeyArn,
    /// What KMS returned as `CiphertextBlob`.
    #[serde(with = "base64_text")]
    pub wrapped: Vec<u8>,
}

/// A data key in plain. Its memory is overwritten when it is dropped. It cannot be copied, because
/// a data key is for one sealed file: two under the same key would share nonces.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, to wrap them under a further KMS key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(secret)")
    }
}
