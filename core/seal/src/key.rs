//! KMS keys and data keys.

use std::fmt;

use names::{AccountId, Arn, Region, is_partition};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base64_text;

names::checked_text!(
    /// The ARN of a KMS key.
    pub KeyArn,
    "the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID (an alias may point elsewhere tomorrow)",
    |text| Arn::parse(text).is_some_and(|arn| {
        let id = arn.resource.strip_prefix("key/").unwrap_or_default();
        is_partition(arn.partition)
            && arn.service == "kms"
            && Region::is_valid(arn.region)
            && AccountId::is_valid(arn.account)
            && (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
);

impl KeyArn {
    /// The key's region.
    #[must_use]
    pub fn region(&self) -> &str {
        Arn::parse(self).map_or("", |arn| arn.region)
    }

    /// Whether both are one multi-Region key, in the same region or in two: one decrypts what the
    /// other encrypted (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS": related keys have
    /// the same key ID, and theirs begins with `mrk-`).
    #[must_use]
    pub fn is_related_to(&self, other: &Self) -> bool {
        let of = |key| Arn::parse(key).map(|arn| (arn.partition, arn.account, arn.resource));
        of(self).is_some_and(|(.., resource)| resource.starts_with("key/mrk-"))
            && of(self) == of(other)
    }
}

/// The data key of a sealed file, as one KMS key encrypted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// The KMS key that decrypts it.
    pub key: KeyArn,
    /// What KMS returned as `CiphertextBlob`.
    #[serde(with = "base64_text")]
    pub wrapped: Vec<u8>,
}

/// A data key in plain. Its memory is overwritten when it is dropped. It cannot be copied, because
/// a data key is for one sealed file: two under the same key would share nonces.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// The key of these bytes. Returns `None` if they are not 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The bytes, to wrap them under a further KMS key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(secret)")
    }
}
