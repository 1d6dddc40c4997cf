//! What the gate needs to prove releases: artifacts to read, a key that signs, a place for proofs.

use iam::Statement;
use names::{KmsKeyArn, Partition, S3Uri};

use super::name::BucketName;
use super::settings::Settings;
use super::spec_error::SpecError;
use super::statement::allow;

/// What `proof` of the gate's rule names, and where the artifacts are.
#[derive(Clone, Debug)]
pub(crate) struct Proving {
    key: KmsKeyArn,
    store: S3Uri,
    artifact_buckets: Vec<BucketName>,
}

impl Proving {
    /// `None` if no proofs are wanted.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, SpecError> {
        let (key, store) = match (&settings.proof_key, &settings.proof_store) {
            (None, None) => return Ok(None),
            (Some(key), Some(store)) => (key.clone(), store.clone()),
            (Some(_), None) => return Err(SpecError::needs("--proof-key", "--proof-store")),
            (None, Some(_)) => return Err(SpecError::needs("--proof-store", "--proof-key")),
        };
        if !settings.gate.unwrap_or_default() {
            return Err(SpecError::needs("--proof-key", "--gate"));
        }
        if settings.artifact_bucket.is_empty() {
            return Err(SpecError::needs("--proof-key", "--artifact-bucket"));
        }
        Ok(Some(Self { key, store, artifact_buckets: settings.artifact_bucket.clone() }))
    }

    /// The permissions.
    pub(crate) fn statements(&self, partition: Partition) -> [Statement; 3] {
        let object = |place: &str| format!("arn:{partition}:s3:::{place}/*");
        let artifacts = self.artifact_buckets.iter().map(|bucket| object(bucket.as_ref()));
        let store = self.store.to_string();
        let store = store.trim_start_matches("s3://").trim_end_matches('/');
        [
            allow("HashArtifacts", &["s3:GetObject"], artifacts.collect()),
            allow("SignProofs", &["kms:Sign"], vec![self.key.to_string()]),
            allow("StoreProofs", &["s3:PutObject"], vec![object(store)]),
        ]
    }
}
