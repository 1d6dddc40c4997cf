//! The ports over the AWS SDK. Only this file names the SDK.

use facts::CallError;
use facts::aws::sdk::Client;
use facts::aws::{Iam, Kms, Object, Reader, S3, SdkConfig};
use job::aws::JobWorker;
use names::{KmsKeyArn, S3Uri};
use proof::Sha256;

use crate::port::{Found, Proofs};

/// The SDK of CodePipeline and its HTTP client, for programs that contain the gate, so that they
/// use the same ones.
pub use facts::aws::{http_client, sdk};

/// Makes proofs with KMS, in the region of the key, and with S3, in the function's own region. It
/// connects only if there is a proof to make.
#[derive(Clone, Debug)]
pub struct Prover(SdkConfig);

/// Clients from the environment of the function: credentials, region and, if they are set,
/// `AWS_ENDPOINT_URL` and the endpoints of single services.
#[must_use]
pub fn from_environment() -> (JobWorker, Reader, Iam, Prover) {
    let config = facts::aws::from_environment();
    let client = Client::new(&config);
    let iam = Iam::new(&config);
    (JobWorker::from(client.clone()), Reader::from(client), iam, Prover(config))
}

impl Prover {
    fn s3(&self) -> S3 {
        S3::in_region(&self.0, self.0.region().map_or("", AsRef::as_ref))
    }
}

impl Proofs for Prover {
    async fn artifact(&self, place: &S3Uri, limit: u64) -> Result<Found, CallError> {
        let Object { sha256, last_modified, .. } = self.s3().read(place, limit, |_| ()).await?;
        Ok(Found { sha256: Sha256::from_bytes(sha256), written: last_modified })
    }

    async fn sign(&self, key: &KmsKeyArn, digest: &Sha256) -> Result<Vec<u8>, CallError> {
        Kms::new(&self.0, key).sign_digest(digest.as_bytes()).await
    }

    async fn store(&self, place: &S3Uri, proof: &str) -> Result<(), CallError> {
        self.s3().put(place, "application/json", proof.as_bytes()).await
    }
}
