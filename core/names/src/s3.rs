//! Objects of S3.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::NameError;

/// The longest key, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const KEY_LIMIT: usize = 1024;

/// The address of an object, `s3://bucket/key`, or of a place for objects: `s3://bucket` or
/// `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Uri {
    bucket: String,
    key: String,
}

impl S3Uri {
    /// The object with this key in a bucket. Returns `None` if a bucket or a key cannot have such
    /// a name.
    #[must_use]
    pub fn new(bucket: &str, key: &str) -> Option<Self> {
        let is_key = key.len() <= KEY_LIMIT && !key.chars().any(char::is_control);
        (is_bucket(bucket) && is_key)
            .then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key. Empty for a whole bucket.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The object with this name in this place. Returns `None` if its key cannot be one.
    #[must_use]
    pub fn join(&self, name: &str) -> Option<Self> {
        let prefix = self.key.trim_end_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        Self::new(&self.bucket, &format!("{prefix}{slash}{name}"))
    }
}

/// Whether a text can be the name of a general purpose bucket (Amazon S3 User Guide, "General
/// purpose bucket naming rules").
fn is_bucket(text: &str) -> bool {
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|it| is_end(Some(it)) || matches!(it, b'-' | b'.'))
        && !text.contains("..")
}

impl FromStr for S3Uri {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let place = text.strip_prefix("s3://");
        let parts = place.map(|it| it.split_once('/').unwrap_or((it, "")));
        let uri = parts.and_then(|(bucket, key)| Self::new(bucket, key));
        uri.ok_or_else(|| NameError::new(text, "an S3 URI: s3://bucket/key"))
    }
}

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.key.is_empty() { "" } else { "/" };
        write!(f, "s3://{}{slash}{}", self.bucket, self.key)
    }
}

impl Serialize for S3Uri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for S3Uri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_a_bucket_and_a_key() {
        for (text, bucket, key) in [
            ("s3://artifacts", "artifacts", ""),
            ("s3://a.b-1/payments/Build/a b+ü.zip", "a.b-1", "payments/Build/a b+ü.zip"),
            ("s3://bucket//a/../b", "bucket", "/a/../b"),
        ] {
            let uri: S3Uri = text.parse().unwrap();
            assert_eq!((uri.bucket(), uri.key(), uri.to_string().as_str()), (bucket, key, text));
        }
    }

    #[test]
    fn a_name_is_added_to_a_place() {
        for (place, object) in [
            ("s3://proofs", "s3://proofs/payments/1.json"),
            ("s3://proofs/", "s3://proofs/payments/1.json"),
            ("s3://proofs/a/b", "s3://proofs/a/b/payments/1.json"),
            ("s3://proofs/a/b/", "s3://proofs/a/b/payments/1.json"),
        ] {
            let place: S3Uri = place.parse().unwrap();
            assert_eq!(place.join("payments/1.json").unwrap().to_string(), object);
        }
    }

    #[test]
    fn what_s3_cannot_have_is_refused() {
        let long = format!("s3://bucket/{}", "k".repeat(KEY_LIMIT + 1));
        for text in [
            "",
            "s3:/bucket/key",
            "s3://",
            "s3:///key",
            "S3://bucket/key",
            "s3://ab/key",
            "s3://Bucket/key",
            "s3://-bucket/key",
            "s3://bucket./key",
            "s3://a..b/key",
            "s3://bucket:80/key",
            "s3://user@bucket/key",
            "s3://bucket/a\nb",
            "https://bucket/key",
            &long,
        ] {
            assert!(text.parse::<S3Uri>().is_err(), "{text}");
        }
    }
}
