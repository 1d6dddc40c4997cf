//! AWS, through its SDK. Only this folder names the SDK, with one file per service.

mod cloudtrail;
mod codepipeline;
mod first_contact;
mod iam;
mod identity_store;
mod kms;
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
use aws_sdk_iam::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use doctor::pipeline::ArnError;
use facts::aws::{Iam, Reader};
use names::{Unanswered, credentials_advice};

use self::first_contact::FirstContact;

pub(crate) use self::kms::NoKey;

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
        let client = SharedHttpClient::new(FirstContact::new(client));
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

    /// The calls that read one execution. Whoever makes them tries again.
    pub(crate) fn of_execution(&self) -> (Reader, Iam) {
        let config = aws_sdk_codepipeline::config::Builder::from(&self.0);
        let config = config.retry_config(RetryConfig::disabled()).build();
        (Reader::from(aws_sdk_codepipeline::Client::from_conf(config)), Iam::new(&self.0))
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
    /// AWS does not accept the credentials.
    #[error("AWS refuses {action} ({code}): {advice}")]
    NotSignedIn { action: String, code: String, advice: &'static str },
    /// Another service refused the credentials of the call, such as STS the session of a role.
    #[error(
        "{action} was not asked, because there are no credentials for it: {code}: {message}; check \
         the role or the profile, and who may assume the role"
    )]
    NoCredentials { action: String, code: String, message: String },
    /// No answer came.
    #[error("{action} got no answer: {problem}")]
    Unanswered { action: String, problem: Unanswered },
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
            return Self::Unanswered { action, problem: Unanswered::of(error) };
        };
        let Some(code) = service.code() else {
            // AWS gives every error a code.
            let problem = "what answered is not AWS".to_owned();
            return Self::Unanswered { action, problem: Unanswered::Other(problem) };
        };
        if let Some(advice) = credentials_advice(code) {
            return Self::NotSignedIn { action, code: code.to_owned(), advice };
        }
        let code = code.to_owned();
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

#[cfg(test)]
mod tests {
    use aws_sdk_iam::error::{ConnectorError, ErrorMetadata};
    use aws_smithy_runtime_api::client::result::SdkError as Any;

    use super::*;

    #[derive(Debug)]
    struct Service(ErrorMetadata);

    impl fmt::Display for Service {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("service error")
        }
    }

    impl std::error::Error for Service {}

    impl ProvideErrorMetadata for Service {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    /// Every form of the SDK's errors, with what people should read of it.
    fn every_error() -> Vec<(Any<Service, &'static str>, &'static str)> {
        let coded = |code: &str| {
            let message = "The security token is expired";
            let meta = ErrorMetadata::builder().code(code).message(message).build();
            Any::service_error(Service(meta), "<secret reply>")
        };
        let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        vec![
            (Any::construction_failure("no region"), "no region"),
            (Any::timeout_error("the call timed out"), "no answer came in time"),
            (Any::response_error("not JSON", "<secret reply>"), "not JSON"),
            (Any::dispatch_failure(ConnectorError::timeout("timed out".into())), "in time"),
            (Any::dispatch_failure(ConnectorError::user("bad header".into())), "bad header"),
            (Any::dispatch_failure(ConnectorError::other("odd".into(), None)), "odd"),
            (Any::dispatch_failure(ConnectorError::io("broken pipe".into())), "broken pipe"),
            (Any::dispatch_failure(ConnectorError::io(Box::new(refused()))), "connection refused"),
            (coded("ExpiredTokenException"), "the session has ended; sign in again"),
            (coded("InvalidClientTokenId"), "does not know these credentials"),
            (coded("SignatureDoesNotMatch"), "check the secret access key and the clock"),
            (coded("AccessDenied"), "give the caller this permission"),
            (coded("NoSuchEntity"), "NoSuchEntity: The security token is expired"),
            (
                Any::service_error(Service(ErrorMetadata::builder().build()), "<secret reply>"),
                "what answered is not AWS",
            ),
        ]
    }

    #[test]
    fn no_error_of_the_sdk_is_shown_as_rust_prints_it() {
        for (error, expected) in every_error() {
            let text = CallError::new("iam:GetRole", &error).to_string();
            assert!(text.contains(expected), "{text} lacks: {expected}");
            assert!(text.contains("iam:GetRole"), "{text}");
            for of_rust in ["{", "}", "Failure", "Some(", "Error(", "source:", "secret reply", "\n"]
            {
                assert!(!text.contains(of_rust), "{text} has {of_rust:?}");
            }
        }
    }
}
