//! The ports over the AWS SDK. Only this folder names the SDK.

mod codepipeline;
mod environment;
mod executions;
mod https;
mod iam;
mod kms;
mod query;
mod s3;
mod secret;
mod signed;
mod sqs;
mod states;
mod sts;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_codepipeline::config::SharedHttpClient;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use names::Unanswered;

use crate::call::{CallError, Operation};

/// The configuration of every client, for programs that make more of them later.
pub use aws_config::SdkConfig;
/// The SDK of CodePipeline, for programs that contain this crate, so that they use the same one.
pub use aws_sdk_codepipeline as sdk;
pub use codepipeline::Reader;
pub use environment::from_environment;
pub use https::{Https, Reply};
pub use iam::Iam;
pub use kms::{DataKey, Kms};
pub use query::{form, refusal};
pub use s3::{Object, S3};
pub use secret::{Secret, SecretArn};
pub use signed::Signed;
pub use sqs::{Outgoing, Queue, QueueUrl, Received, Untaken};
pub use states::{INPUT_LIMIT, Progress, Start, StateMachine, StateMachineArn};
pub use sts::assumed;

/// The longest that any call waits for its reply. A [`Budget`](crate::Budget) is shorter, but not
/// every call has one: an answer is sent once, and a reply that never comes must not hold its
/// approver. SQS waits up to 20 s for a message before it replies.
const CEILING: Duration = Duration::from_secs(30);

/// The SDK's usual configuration from the environment, with our HTTP client and without the SDK's
/// own retries: a [`Budget`](crate::Budget) controls these.
#[must_use]
pub fn config() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeout_config())
}

fn timeout_config() -> TimeoutConfig {
    TimeoutConfig::disabled().to_builder().operation_attempt_timeout(CEILING).build()
}

/// The HTTP client for the SDK: rustls on ring, with the system's root certificates.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// A reply that is not whole. The service may have done what it was asked.
const UNREADABLE: &str = "the reply could not be read";

/// The SDK's error in our words. From the body of a reply, only AWS's error code and message are
/// kept.
pub fn call_error<E>(operation: Operation, error: &SdkError<E>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let transient = |problem| CallError::transient(operation, problem);
    match error {
        SdkError::TimeoutError(_) => transient("no reply in time"),
        SdkError::DispatchFailure(_) => CallError::unanswered(operation, Unanswered::of(error)),
        SdkError::ResponseError(_) => transient(UNREADABLE),
        // The service has done what it was asked.
        SdkError::ServiceError(context) if context.raw().status().is_success() => {
            transient(UNREADABLE)
        }
        SdkError::ServiceError(context) => CallError::of_service(
            operation,
            context.raw().status().as_u16(),
            context.err().code().unwrap_or("an unknown error"),
            context.err().message().unwrap_or("without a message").to_owned(),
        ),
        // No credentials or no region. A retry does not help.
        SdkError::ConstructionFailure(_) | _ => CallError::Refused {
            operation,
            code: "no request".to_owned(),
            message: "the request could not be made; are credentials and a region there?"
                .to_owned(),
        },
    }
}
