//! Single requests to a service of AWS, signed by the SDK's signer. A service's SDK would take a
//! minute to build for one call.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::ServiceConfigKey;
use names::Partition;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::https::{Https, Opened, Reply};
use super::{UNREADABLE, query};
use crate::call::{CallError, Operation};

/// The content type of a request in the AWS Query protocol.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// Sends signed requests to one service. Each is one request, without retries.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The service's name in signatures.
    service: &'static str,
    region: String,
    endpoint: Endpoint,
    credentials: Option<SharedCredentialsProvider>,
    https: Https,
}

/// Where a service is.
#[derive(Clone, Debug)]
enum Endpoint {
    /// Where AWS has it.
    OfAws(String),
    /// Where somebody configured it to be.
    Configured(String),
}

/// What is sent.
pub(super) struct Sent<'a> {
    pub(super) method: &'static str,
    /// In place of the service's endpoint, a host of its own there.
    pub(super) host: Option<String>,
    pub(super) path: &'a str,
    pub(super) headers: Vec<(&'static str, &'a str)>,
    pub(super) body: &'a [u8],
}

/// An error of the AWS JSON protocol.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "__type")]
    code: Option<String>,
}

impl Signed {
    /// The service at its endpoint, `https://iam.amazonaws.com`, or at the configured one:
    /// `AWS_ENDPOINT_URL_IAM`, `AWS_ENDPOINT_URL`, or what the profile says instead. Signatures
    /// name the region.
    #[must_use]
    pub fn new(config: &SdkConfig, service: &'static str, region: &str, endpoint: &str) -> Self {
        Self {
            service,
            region: region.to_owned(),
            endpoint: match configured(config, service) {
                Some(url) => Endpoint::Configured(url.trim_end_matches('/').to_owned()),
                None => Endpoint::OfAws(endpoint.to_owned()),
            },
            credentials: config.credentials_provider(),
            https: Https::default(),
        }
    }

    /// The service in a region (`dnsSuffix` in AWS's `partitions.json`).
    #[must_use]
    pub fn in_region(config: &SdkConfig, service: &'static str, region: &str) -> Self {
        let suffix = match Partition::from_region(region) {
            Some(Partition::AwsCn) => "amazonaws.com.cn",
            Some(Partition::AwsIso) => "c2s.ic.gov",
            Some(Partition::AwsIsoB) => "sc2s.sgov.gov",
            Some(Partition::AwsIsoE) => "cloud.adc-e.uk",
            Some(Partition::AwsIsoF) => "csp.hci.ic.gov",
            Some(Partition::AwsEusc) => "amazonaws.eu",
            Some(Partition::Aws | Partition::AwsUsGov) | None => "amazonaws.com",
        };
        Self::new(config, service, region, &format!("https://{service}.{region}.{suffix}"))
    }

    /// Where AWS has the service. Returns `None` if somebody configured another place.
    pub(super) fn endpoint_of_aws(&self) -> Option<&str> {
        match &self.endpoint {
            Endpoint::OfAws(url) => Some(url),
            Endpoint::Configured(_) => None,
        }
    }

    /// Reads a path, which begins with `/` and is escaped as in a URL.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn get(&self, operation: Operation, path: &str) -> Result<Reply, CallError> {
        let sent = Sent { method: "GET", host: None, path, headers: Vec::new(), body: b"" };
        self.open(operation, sent).await?.read().await
    }

    /// Sends a form, the request of the AWS Query protocol: `Action=GetRole&…`, escaped.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn post(&self, operation: Operation, form: &str) -> Result<Reply, CallError> {
        let reply = self.post_to_root(operation, vec![("content-type", FORM)], form).await?;
        // INVARIANT (fail closed): half a document may hold half an ARN, which is another one.
        if reply.status == 200 && !query::is_whole(&reply.body) {
            return Err(CallError::transient(operation, UNREADABLE));
        }
        Ok(reply)
    }

    /// Sends a document, the request of the AWS JSON protocol, for this `X-Amz-Target`:
    /// `secretsmanager.GetSecretValue`. Returns the document of the reply.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or the service refuses it.
    pub async fn post_json(
        &self,
        operation: Operation,
        target: &str,
        body: &str,
    ) -> Result<String, CallError> {
        let headers = vec![("content-type", json_type(self.service)), ("x-amz-target", target)];
        let reply = self.post_to_root(operation, headers, body).await?;
        if reply.status == 200 {
            let is_whole = serde_json::from_str::<IgnoredAny>(&reply.body).is_ok();
            let is_readable = is_whole || reply.body.is_empty();
            return match is_readable {
                true => Ok(reply.body),
                false => Err(CallError::transient(operation, UNREADABLE)),
            };
        }
        let Problem { message, code } = serde_json::from_str(&reply.body).unwrap_or_default();
        let code = code.unwrap_or_else(|| format!("status {}", reply.status));
        let code = code.rsplit('#').next().unwrap_or(&code);
        let message = message.unwrap_or_else(|| "without a message".to_owned());
        Err(CallError::of_service(operation, reply.status, code, message))
    }

    async fn post_to_root(
        &self,
        operation: Operation,
        headers: Vec<(&'static str, &str)>,
        body: &str,
    ) -> Result<Reply, CallError> {
        let body = body.as_bytes();
        let sent = Sent { method: "POST", host: None, path: "/", headers, body };
        self.open(operation, sent).await?.read().await
    }

    /// Sends a signed request. Returns the reply before its body is read.
    pub(super) async fn open(
        &self,
        operation: Operation,
        sent: Sent<'_>,
    ) -> Result<Opened, CallError> {
        let signed = self.signed(sent).await;
        let request = signed.ok_or_else(|| CallError::Refused {
            operation,
            code: "no request".to_owned(),
            message: "the request could not be signed; are credentials there?".to_owned(),
        })?;
        self.https.open(operation, request).await
    }

    async fn signed(
        &self,
        Sent { method, host, path, headers, body }: Sent<'_>,
    ) -> Option<HttpRequest> {
        let (Endpoint::OfAws(endpoint) | Endpoint::Configured(endpoint)) = &self.endpoint;
        let url = format!("{}{path}", host.as_ref().unwrap_or(endpoint));
        let identity = self.credentials.as_ref()?.provide_credentials().await.ok()?.into();
        let mut request = Request::new(SdkBody::from(body));
        request.set_method(method).ok()?;
        request.set_uri(url.as_str()).ok()?;
        for (name, value) in &headers {
            request.headers_mut().insert(*name, (*value).to_owned());
        }
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(settings(self.service))
            .build()
            .ok()?
            .into();
        let body = SignableBody::Bytes(body);
        let signable = SignableRequest::new(method, url, headers.into_iter(), body).ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut request = request.try_into_http1x().ok()?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}

/// The endpoint that the program, the environment or the profile gives a service. One for the
/// service wins over one for all (AWS SDKs and Tools Reference Guide, "Service-specific
/// endpoints").
fn configured(config: &SdkConfig, service: &str) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    let key = ServiceConfigKey::builder()
        .service_id(service_id(service))
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let for_service =
        config.service_config().zip(key.ok()).and_then(|(all, key)| all.load_config(key));
    for_service.or_else(for_all)
}

/// The service's id in the API models (`serviceId`), if it is not the name in signatures.
fn service_id(service: &str) -> &str {
    match service {
        "secretsmanager" => "Secrets Manager",
        "states" => "SFN",
        other => other,
    }
}

/// The content type of a request in the AWS JSON protocol, in the service's version of it
/// (`jsonVersion` in the API models).
fn json_type(service: &str) -> &'static str {
    match service {
        "sqs" | "states" => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    }
}

/// How a service wants to be signed. S3 has its own way (IAM User Guide, "Create a signed AWS API
/// request"): it escapes a path once, takes it as it is, and wants the hash of the body.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
