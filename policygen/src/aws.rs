//! The port over the AWS SDK: the only file of this program that names it.

use std::fmt;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// How often a request is sent at most: the SDK backs off between the tries, and longer when it is throttled.
const TRIES: u32 = 8;

/// Where AWS is, and as whom to ask it. What is `None` the SDK's usual chain decides: environment, shared files,
/// IAM Identity Center, instance role.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct Connection {
    /// The profile of your AWS configuration to use
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Another address to send the requests to, e.g. of the emulator
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

/// AWS, reached by the SDK.
#[derive(Clone, Debug)]
pub(crate) struct Aws(SdkConfig);

impl Aws {
    /// Looks up credentials and region; sends nothing yet.
    pub(crate) async fn connect(connection: &Connection, region: Option<&str>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .retry_config(RetryConfig::adaptive().with_max_attempts(TRIES));
        if let Some(profile) = &connection.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        Self(loader.load().await)
    }

    /// The region that requests go to, where one is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.0.region().map(Region::as_ref)
    }
}

/// Why AWS gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The permission is missing.
    #[error("AWS refuses {action}: {message}; give the caller this permission")]
    AccessDenied { action: String, message: String },
    /// AWS answered with another error.
    #[error("{action} failed: {code}: {message}")]
    Refused {
        action: String,
        code: String,
        message: String,
    },
    /// No answer came.
    #[error("{action} got no answer: {problem}; check the network, the credentials, --region and --endpoint-url")]
    Unreachable { action: String, problem: String },
    /// An answer that lacks what it should have.
    #[error("the answer to {action} lacks {what}")]
    Incomplete { action: String, what: &'static str },
}

impl CallError {
    /// `action` is the IAM action that the call needs, e.g. `codepipeline:GetPipeline`.
    fn new<E, R>(action: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug + 'static,
    {
        let action = action.to_owned();
        let Some(service) = error.as_service_error() else {
            // Neither credentials nor a reply's body are part of it: transport and configuration problems only.
            let problem = DisplayErrorContext(error).to_string();
            return Self::Unreachable { action, problem };
        };
        let code = service.code().unwrap_or("an unknown error").to_owned();
        let message = service.message().unwrap_or("without a message").to_owned();
        match code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
                Self::AccessDenied { action, message }
            }
            _ => Self::Refused { action, code, message },
        }
    }
}
