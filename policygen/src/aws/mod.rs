//! AWS, through its SDK. Only this folder names the SDK, with one file per service.

mod cloudtrail;
mod codepipeline;
mod iam;
mod identity_store;
mod sso_admin;

use std::error::Error as _;
use std::fmt;
use std::iter::successors;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::config::SharedCredentialsProvider;
use aws_sdk_iam::error::ErrorMetadata;
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use doctor::pipeline::ArnError;

/// The maximum number of attempts of a request. The SDK waits between them, and longer if it is
/// throttled.
const TRIES: u32 = 8;

/// The name of the sessions of roles that are assumed, which CloudTrail shows.
const SESSION: &str = "policygen";

/// How to reach AWS. If a member is `None`, the SDK's usual chain decides: environment, shared
/// files, IAM Identity Center, instance role.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct Connection {
    /// A profile of your AWS configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Another address for the requests, such as the emulator's
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// The ARN of a role to assume with these credentials.
    #[arg(skip)]
    pub(crate) role: Option<String>,
}

/// A connection to AWS, and the number of requests to LookupEvents so far.
#[derive(Clone, Debug)]
pub(crate) struct Aws(SdkConfig, Arc<AtomicUsize>);

impl Aws {
    /// Looks up credentials and region. It does not send a request to a service.
    pub(crate) async fn connect(connection: &Connection, region: Option<&str>) -> Self {
        let client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(client.clone())
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
        let config = loader.load().await;
        let Some(profile) = &connection.profile else {
            return Self(assuming(config, connection).await, Arc::default());
        };
        // Without this, credentials in the environment would come before those of the profile, and
        // two profiles would be one account.
        let provider = ProviderConfig::without_region()
            .with_http_client(client)
            .with_region(config.region().cloned());
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&provider)
            .profile_name(profile)
            .build();
        let credentials = SharedCredentialsProvider::new(credentials);
        let config = config.into_builder().credentials_provider(credentials).build();
        Self(assuming(config, connection).await, Arc::default())
    }

    /// How many requests LookupEvents has taken so far. Each page is one.
    pub(crate) fn lookups(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    /// The region of the requests, if one is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.0.region().map(Region::as_ref)
    }
}

/// The configuration with the credentials of the role, if there is one to assume.
async fn assuming(config: SdkConfig, connection: &Connection) -> SdkConfig {
    let (Some(role), Some(base)) = (&connection.role, config.credentials_provider()) else {
        return config;
    };
    let provider = AssumeRoleProvider::builder(role).session_name(SESSION).configure(&config);
    let credentials = SharedCredentialsProvider::new(provider.build_from_provider(base).await);
    config.into_builder().credentials_provider(credentials).build()
}

/// Why a call of AWS failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The caller has no permission.
    #[error("AWS refuses {action}: {message}; give the caller this permission")]
    AccessDenied { action: String, message: String },
    /// AWS answered with another error.
    #[error("{action} failed: {code}: {message}")]
    Refused { action: String, code: String, message: String },
    /// No answer came.
    #[error(
        "{action} got no answer: {problem}; check the network, the credentials, --region and \
         --endpoint-url"
    )]
    Unreachable { action: String, problem: String },
    /// Another service refused the credentials of the call, such as STS the session of a role.
    #[error(
        "{action} was not asked, because there are no credentials for it: {code}: {message}; check \
         the role or the profile, and who may assume the role"
    )]
    NoCredentials { action: String, code: String, message: String },
    /// The answer is incomplete.
    #[error("the answer to {action} has no {what}")]
    Incomplete { action: String, what: &'static str },
    /// Only one account of an organization may ask about IAM Identity Center.
    #[error(
        "AWS refuses {action}: {message}; IAM Identity Center answers to the organization's \
         management account and its delegated administrator alone, so use credentials of one of \
         them (with --account-file for the account that is audited), or save the lists there and \
         give them with --identity-center-file"
    )]
    NotTheAdministrator { action: String, message: String },
    /// There is no IAM Identity Center.
    #[error(
        "no IAM Identity Center of an organization is visible in {region}; it is in one region \
         only: set AWS_REGION to it, and use credentials of the organization's management account \
         or its delegated administrator"
    )]
    NoIdentityCenter { region: String },
    /// The answer contradicts itself.
    #[error("the answer to codepipeline:GetPipeline contradicts itself")]
    Contradictory(#[source] ArnError),
}

impl CallError {
    /// `action` is the IAM action that the call needs, for example `codepipeline:GetPipeline`.
    fn new<E, R>(action: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug + 'static,
    {
        let action = action.to_owned();
        let Some(service) = error.as_service_error() else {
            let mut sources = successors(error.source(), |&error| error.source());
            if let Some(refused) = sources.find_map(|it| it.downcast_ref::<ErrorMetadata>()) {
                let code = refused.code().unwrap_or("an unknown error").to_owned();
                let message = refused.message().unwrap_or("without a message").to_owned();
                return Self::NoCredentials { action, code, message };
            }
            // This error is about transport or configuration. It includes neither credentials nor
            // the body of a reply.
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

fn incomplete(action: &str, what: &'static str) -> CallError {
    CallError::Incomplete { action: action.to_owned(), what }
}
