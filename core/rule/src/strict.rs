//! Readers of JSON that refuse what serde would let pass.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A key that is present must have a value: `null` is refused, not read as absent.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number, whose error message does not mention Rust types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct WholeNumber(pub(crate) u32);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Value::deserialize(deserializer)?;
        let whole = number.as_u64().and_then(|number| u32::try_from(number).ok());
        whole.map(Self).ok_or_else(|| {
            D::Error::custom(format!("{number} is not a whole number from 0 to {}", u32::MAX))
        })
    }
}

/// A map that refuses repeated keys. In JSON the last one wins, so an entry of `people` could
/// get lost, and one human could be split.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct NoRepeats<T>(
    #[serde(with = "serde_with::rust::maps_duplicate_key_is_error")] pub(crate) BTreeMap<String, T>,
);
