//! The ports over the AWS SDK. Only this file names the SDK.

use facts::aws::sdk::Client;
use facts::aws::{Iam, Reader};
use job::aws::JobWorker;

/// The SDK of CodePipeline and its HTTP client, for programs that contain the gate, so that they
/// use the same ones.
pub use facts::aws::{http_client, sdk};

/// Clients from the environment of the function: credentials, region and, if it is set,
/// `AWS_ENDPOINT_URL`.
pub async fn from_environment() -> (JobWorker, Reader, Iam) {
    let config = facts::aws::config().load().await;
    let client = Client::new(&config);
    (JobWorker::from(client.clone()), Reader::from(client), Iam::new(&config))
}
