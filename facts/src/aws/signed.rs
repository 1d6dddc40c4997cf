//! Single requests to a service of AWS, signed by the SDK's signer. A service's SDK would take a
//! minute to build for one call.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::call::{CallError, Operation};

/// The content type of a request in the AWS Query protocol.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// Sends signed requests to one service. Each is one request, without retries.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The service's name in signatures.
    service: &'static str,
    region: String,
    endpoint: String,
    credentials: Option<SharedCredentialsProvider>,
    connector: SharedHttpConnector,
}

/// A reply of a service, a success or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body. Empty if it is not UTF-8.
    pub body: String,
}

impl Signed {
    /// The service at its endpoint, `https://iam.amazonaws.com`, or at the configured
    /// `endpoint_url`. Signatures name the region.
    #[must_use]
    pub fn new(config: &SdkConfig, service: &'static str, region: &str, endpoint: &str) -> Self {
        let connector =
            Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        Self {
            service,
            region: region.to_owned(),
            endpoint: config.endpoint_url().unwrap_or(endpoint).trim_end_matches('/').to_owned(),
            credentials: config.credentials_provider(),
            connector: SharedHttpConnector::new(connector),
        }
    }

    /// Reads a path, which begins with `/` and is escaped as in a URL.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn get(&self, operation: Operation, path: &str) -> Result<Reply, CallError> {
        self.send(operation, "GET", path, None).await
    }

    /// Sends a form, the request of the AWS Query protocol: `Action=GetRole&…`, escaped.
    ///
    /// # Errors
    /// [`CallError`] if the request could not be signed or sent, or its reply not be read.
    pub async fn post(&self, operation: Operation, form: &str) -> Result<Reply, CallError> {
        self.send(operation, "POST", "/", Some(form)).await
    }

    async fn send(
        &self,
        operation: Operation,
        method: &str,
        path: &str,
        form: Option<&str>,
    ) -> Result<Reply, CallError> {
        let transient = |problem| CallError::transient(operation, problem);
        let signed = self.signed(method, path, form).await;
        let request = signed.ok_or_else(|| CallError::Refused {
            operation,
            code: "no request".to_owned(),
            message: "the request could not be signed; are credentials there?".to_owned(),
        })?;
        let reply = self.connector.call(request).await;
        let reply = reply.map_err(|_| transient("the request could not be sent"))?;
        let status = reply.status().as_u16();
        let body = ByteStream::new(reply.into_body()).collect().await;
        let body = body.map_err(|_| transient("the reply could not be read"))?.to_vec();
        Ok(Reply { status, body: String::from_utf8(body).unwrap_or_default() })
    }

    async fn signed(&self, method: &str, path: &str, form: Option<&str>) -> Option<HttpRequest> {
        let url = format!("{}{path}", self.endpoint);
        let identity = self.credentials.as_ref()?.provide_credentials().await.ok()?.into();
        let body = form.unwrap_or_default();
        let mut request = Request::new(SdkBody::from(body));
        request.set_method(method).ok()?;
        request.set_uri(url.as_str()).ok()?;
        if form.is_some() {
            request.headers_mut().insert("content-type", FORM);
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
        let headers = form.map(|_| ("content-type", FORM)).into_iter();
        let signable =
            SignableRequest::new(method, url, headers, SignableBody::Bytes(body.as_bytes()))
                .ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut request = request.try_into_http1x().ok()?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}
