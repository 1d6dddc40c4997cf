//! Single requests to a service of AWS, signed by the SDK's signer. A service's SDK would take a
//! minute to build for one call.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use names::Partition;
use serde::Deserialize;

use super::https::{Https, Reply};
use crate::call::{CallError, Operation};

/// The content type of a request in the AWS Query protocol.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The content type of a request in the AWS JSON protocol.
const JSON: &str = "application/x-amz-json-1.1";

/// Sends signed requests to one service. Each is one request, without retries.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The service's name in signatures.
    service: &'static str,
    region: String,
    endpoint: String,
    credentials: Option<SharedCredentialsProvider>,
    https: Https,
}

/// What is sent.
struct Sent<'a> {
    method: &'static str,
    path: &'a str,
    headers: Vec<(&'static str, &'a str)>,
    body: &'a str,
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
    /// The service at its endpoint, `https://iam.amazonaws.com`, or at the configured
    /// `endpoint_url`. Signatures name the region.
    #[must_use]
    pub fn new(config: &SdkConfig, service: &'static str, region: &str, endpoint: &str) -> Self {
        Self {
            service,
            region: region.to_owned(),
            endpoint: config.endpoint_url().unwrap_or(endpoint).trim_end_matches('/').to_owned(),
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

    /// Reads a path, which begins with `/` and is escaped as in a URL.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn get(&self, operation: Operation, path: &str) -> Result<Reply, CallError> {
        self.send(operation, Sent { method: "GET", path, headers: Vec::new(), body: "" }).await
    }

    /// Sends a form, the request of the AWS Query protocol: `Action=GetRole&…`, escaped.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn post(&self, operation: Operation, form: &str) -> Result<Reply, CallError> {
        let headers = vec![("content-type", FORM)];
        self.send(operation, Sent { method: "POST", path: "/", headers, body: form }).await
    }

    /// Sends a document, the request of the AWS JSON protocol, version 1.1, for this
    /// `X-Amz-Target`: `secretsmanager.GetSecretValue`. Returns the document of the reply.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or the service refuses it.
    pub async fn post_json(
        &self,
        operation: Operation,
        target: &str,
        body: &str,
    ) -> Result<String, CallError> {
        let headers = vec![("content-type", JSON), ("x-amz-target", target)];
        let reply = self.send(operation, Sent { method: "POST", path: "/", headers, body }).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        let Problem { message, code } = serde_json::from_str(&reply.body).unwrap_or_default();
        let code = code.unwrap_or_else(|| format!("status {}", reply.status));
        let code = code.rsplit('#').next().unwrap_or(&code);
        let message = message.unwrap_or_else(|| "without a message".to_owned());
        Err(CallError::of_service(operation, reply.status, code, message))
    }

    async fn send(&self, operation: Operation, sent: Sent<'_>) -> Result<Reply, CallError> {
        let signed = self.signed(sent).await;
        let request = signed.ok_or_else(|| CallError::Refused {
            operation,
            code: "no request".to_owned(),
            message: "the request could not be signed; are credentials there?".to_owned(),
        })?;
        self.https.send(operation, request).await
    }

    async fn signed(&self, Sent { method, path, headers, body }: Sent<'_>) -> Option<HttpRequest> {
        let url = format!("{}{path}", self.endpoint);
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
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let body = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new(method, url, headers.into_iter(), body).ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut request = request.try_into_http1x().ok()?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}
