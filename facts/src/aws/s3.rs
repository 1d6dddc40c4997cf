//! Objects of S3, by single signed requests.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use aws_config::SdkConfig;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;
use names::S3Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{Context, SHA256};

use super::codepipeline::timestamp;
use super::https::Opened;
use super::query::text_at;
use super::signed::{Sent, Signed};
use crate::call::{CallError, Operation};

/// The characters of a key that are not escaped in a path: letters, digits, and these.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// S3 in one region. Each call is one request, without retries.
#[derive(Clone, Debug)]
pub struct S3(Signed);

/// What was read of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// How many bytes it has.
    pub length: u64,
    /// When it was written, in whole seconds: S3 leaves out the rest.
    pub last_modified: Timestamp,
}

impl S3 {
    /// S3 in the region of the buckets.
    #[must_use]
    pub fn in_region(config: &SdkConfig, region: &str) -> Self {
        Self(Signed::in_region(config, "s3", region))
    }

    /// Reads an object (`s3:GetObject`), and gives each part to `part`, in order. Ends early if the
    /// object has more than `limit` bytes.
    ///
    /// # Errors
    /// [`CallError`] if S3 refuses or does not answer, or the object is too large. Parts may have
    /// been given by then.
    pub async fn read(
        &self,
        uri: &S3Uri,
        limit: u64,
        mut part: impl FnMut(&[u8]),
    ) -> Result<Object, CallError> {
        const OPERATION: Operation = Operation::GET_OBJECT;
        let mut reply = self.open(OPERATION, "GET", uri, Vec::new(), b"").await?;
        let last_modified = last_modified(&reply).ok_or(CallError::Malformed {
            operation: OPERATION,
            problem: "`Last-Modified` is missing",
        })?;
        let promised = reply.headers.get("content-length").and_then(|it| it.parse::<u64>().ok());
        let too_large = || CallError::Refused {
            operation: OPERATION,
            code: "an object that is too large".to_owned(),
            message: format!("{uri} has more than {limit} bytes"),
        };
        if promised.is_some_and(|it| it > limit) {
            return Err(too_large());
        }
        let (mut hashing, mut length) = (Context::new(&SHA256), 0_u64);
        while let Some(bytes) = reply.next().await? {
            length = length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            if length > limit {
                return Err(too_large());
            }
            hashing.update(&bytes);
            part(&bytes);
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(hashing.finish().as_ref());
        Ok(Object { sha256, length, last_modified })
    }

    /// An object of at most `limit` bytes, in memory (`s3:GetObject`).
    ///
    /// # Errors
    /// [`CallError`] if S3 refuses or does not answer, or the object is too large.
    pub async fn get(&self, uri: &S3Uri, limit: u64) -> Result<(Vec<u8>, Object), CallError> {
        let mut bytes = Vec::new();
        let object = self.read(uri, limit, |part| bytes.extend_from_slice(part)).await?;
        Ok((bytes, object))
    }

    /// Writes an object (`s3:PutObject`).
    ///
    /// # Errors
    /// [`CallError`] if S3 refuses or does not answer.
    pub async fn put(
        &self,
        uri: &S3Uri,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<(), CallError> {
        let headers = vec![("content-type", content_type)];
        self.open(Operation::PUT_OBJECT, "PUT", uri, headers, bytes).await.map(|_| ())
    }

    async fn open(
        &self,
        operation: Operation,
        method: &'static str,
        uri: &S3Uri,
        headers: Vec<(&'static str, &str)>,
        body: &[u8],
    ) -> Result<Opened, CallError> {
        let (host, path) = self.place(uri);
        let sent = Sent { method, host, path: &path, headers, body };
        let opened = self.0.open(operation, sent).await?;
        if opened.status == 200 {
            return Ok(opened);
        }
        let reply = opened.read().await?;
        let field = |name| text_at(&reply.body, &[name]);
        let code = field("Code").unwrap_or_else(|| match reply.status {
            403 => "AccessDenied".to_owned(),
            status => format!("status {status}"),
        });
        let message = field("Message").unwrap_or_else(|| "without a message".to_owned());
        let mut message = format!("{uri}: {}", message.trim_end_matches('.'));
        if operation == Operation::GET_OBJECT && reply.status == 403 {
            message.push_str("; S3 also says this if the object does not exist");
        }
        Err(CallError::of_service(operation, reply.status, &code, message))
    }

    /// The host and the path of an object. AWS has a host for each bucket, but not a certificate
    /// for the host of a bucket with a dot in its name (Amazon S3 User Guide, "Virtual hosting of
    /// general purpose buckets").
    fn place(&self, uri: &S3Uri) -> (Option<String>, String) {
        let key = utf8_percent_encode(uri.key(), ESCAPED);
        let bucket = uri.bucket();
        let https = self.0.endpoint_of_aws().and_then(|it| it.strip_prefix("https://"));
        match https.filter(|_| !bucket.contains('.')) {
            Some(host) => (Some(format!("https://{bucket}.{host}")), format!("/{key}")),
            None => (None, format!("/{bucket}/{key}")),
        }
    }
}

fn last_modified(reply: &Opened) -> Option<Timestamp> {
    let text = reply.headers.get("last-modified")?;
    timestamp(DateTime::from_str(text, Format::HttpDate).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_its_own_host_at_aws_unless_its_name_has_a_dot() {
        let s3 = S3::in_region(&SdkConfig::builder().build(), "eu-west-1");
        let place = |uri: &str| s3.place(&uri.parse().unwrap());
        let host = "https://artifacts.s3.eu-west-1.amazonaws.com".to_owned();
        assert_eq!(place("s3://artifacts/a/b c"), (Some(host), "/a/b%20c".to_owned()));
        assert_eq!(place("s3://a.b-c/a"), (None, "/a.b-c/a".to_owned()));
    }
}
