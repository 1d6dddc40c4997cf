//! The ports over the AWS SDK. Only this folder names the SDK.

mod codepipeline;
mod iam;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_codepipeline::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// The SDK of CodePipeline, for programs that contain the gate, so that they use the same one.
pub use aws_sdk_codepipeline as sdk;
pub use codepipeline::Adapter;
pub use iam::Iam;

/// Clients from the environment of the function: credentials, region and, if it is set,
/// `AWS_ENDPOINT_URL`.
pub async fn from_environment() -> (Adapter, Iam) {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        // The invocation's budget controls retries and time-outs: see `retry`.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .load()
        .await;
    (Adapter::from(sdk::Client::new(&config)), Iam::new(&config))
}

/// The HTTP client for the SDK: rustls on ring, with the system's root certificates.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// AWS's codes for "too many requests" (AWS SDKs and Tools Reference Guide, "Retry behavior").
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
    )
}
