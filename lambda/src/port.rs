//! What is asked of S3 and KMS to prove a release, in our own types.

use std::future::Future;

use facts::CallError;
use jiff::Timestamp;
use names::{KmsKeyArn, S3Uri};
use proof::Sha256;

/// The calls that make a proof. Each is one request, without retries.
pub trait Proofs {
    /// GetObject: the digest of an artifact of at most `limit` bytes.
    fn artifact(&self, place: &S3Uri, limit: u64)
    -> impl Future<Output = Result<Found, CallError>>;

    /// Sign: the key's signature over a digest, in DER.
    fn sign(
        &self,
        key: &KmsKeyArn,
        digest: &Sha256,
    ) -> impl Future<Output = Result<Vec<u8>, CallError>>;

    /// PutObject: stores a proof, which is JSON.
    fn store(&self, place: &S3Uri, proof: &str) -> impl Future<Output = Result<(), CallError>>;
}

/// An artifact, as it is in S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
    /// When it was written, in whole seconds: S3 leaves out the rest.
    pub written: Timestamp,
}
