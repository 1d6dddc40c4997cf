//! Single HTTPS requests: the connector of the AWS SDK, without the rest of it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::timeout;

use super::CEILING;
use crate::call::{CallError, Operation};

/// Sends requests, each once. It follows no redirects.
///
/// The connector is made for the first request: it holds every root certificate of the system, and
/// many functions never send one.
#[derive(Clone, Debug)]
pub struct Https(Arc<LazyLock<SharedHttpConnector>>);

/// A reply of a service, a success or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body. Empty if it is not UTF-8.
    pub body: String,
}

impl Default for Https {
    /// With rustls on ring, and the system's root certificates.
    fn default() -> Self {
        Self(Arc::new(LazyLock::new(connector)))
    }
}

fn connector() -> SharedHttpConnector {
    let tls = Provider::Rustls(CryptoMode::Ring);
    SharedHttpConnector::new(Connector::builder().tls_provider(tls).build())
}

impl Https {
    /// Reads a public file, without a signature.
    ///
    /// # Errors
    /// [`CallError::Transient`] if the request could not be sent, or its reply not be read.
    pub async fn get(&self, operation: Operation, url: &str) -> Result<Reply, CallError> {
        let request = HttpRequest::get(url);
        let invalid = |_| CallError::transient(operation, "its address is not valid");
        self.send(operation, request.map_err(invalid)?).await
    }

    /// Posts JSON to an address outside AWS, without a signature. No error names the address, which
    /// may be a secret.
    ///
    /// # Errors
    /// [`CallError::Transient`] if the request could not be sent, or its reply not be read.
    pub async fn post_json(
        &self,
        operation: Operation,
        url: &str,
        body: &str,
    ) -> Result<Reply, CallError> {
        self.post_with(operation, url, &[], body).await.map(|(reply, _)| reply)
    }

    /// Reads a file outside AWS with these request headers. Returns also the headers of the reply,
    /// their names in lower case. No error names a header, which may be a secret.
    ///
    /// # Errors
    /// [`CallError::Transient`] if the request could not be sent, or its reply not be read.
    pub async fn get_with(
        &self,
        operation: Operation,
        url: &str,
        headers: &[(&'static str, String)],
    ) -> Result<(Reply, BTreeMap<String, String>), CallError> {
        let invalid = |_| CallError::transient(operation, "its address is not valid");
        let request = HttpRequest::get(url).map_err(invalid)?;
        self.exchange(operation, with(operation, request, headers)?).await
    }

    /// Posts JSON to an address outside AWS with these request headers. Returns also the headers of
    /// the reply. No error names the address or a header, which may be secrets.
    ///
    /// # Errors
    /// [`CallError::Transient`] if the request could not be sent, or its reply not be read.
    pub async fn post_with(
        &self,
        operation: Operation,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<(Reply, BTreeMap<String, String>), CallError> {
        let mut request = Request::new(SdkBody::from(body));
        let is_made = request.set_method("POST").and_then(|()| request.set_uri(url)).is_ok();
        if !is_made {
            return Err(CallError::transient(operation, "its address is not valid"));
        }
        request.headers_mut().insert("content-type", "application/json");
        self.exchange(operation, with(operation, request, headers)?).await
    }

    /// Sends a request.
    pub(super) async fn send(
        &self,
        operation: Operation,
        request: HttpRequest,
    ) -> Result<Reply, CallError> {
        self.exchange(operation, request).await.map(|(reply, _)| reply)
    }

    /// Sends a request. Returns the reply and its headers.
    async fn exchange(
        &self,
        operation: Operation,
        request: HttpRequest,
    ) -> Result<(Reply, BTreeMap<String, String>), CallError> {
        let mut opened = self.open(operation, request).await?;
        let headers = std::mem::take(&mut opened.headers);
        Ok((opened.read().await?, headers))
    }

    /// Sends a request. Returns the reply before its body is read.
    pub(super) async fn open(
        &self,
        operation: Operation,
        request: HttpRequest,
    ) -> Result<Opened, CallError> {
        let reply = in_time(operation, self.0.call(request)).await?;
        let unsent = |_| CallError::transient(operation, "the request could not be sent");
        let reply = reply.map_err(unsent)?;
        let headers = reply.headers().iter();
        Ok(Opened {
            operation,
            status: reply.status().as_u16(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: ByteStream::new(reply.into_body()),
        })
    }
}

/// A reply whose body is read in parts.
pub(super) struct Opened {
    operation: Operation,
    pub(super) status: u16,
    /// Their names are in lower case.
    pub(super) headers: BTreeMap<String, String>,
    body: ByteStream,
}

impl Opened {
    /// The next part of the body. Returns `None` at its end.
    pub(super) async fn next(&mut self) -> Result<Option<impl Deref<Target = [u8]>>, CallError> {
        let broken = |_| CallError::transient(self.operation, "the reply could not be read");
        in_time(self.operation, self.body.try_next()).await?.map_err(broken)
    }

    /// The reply with its whole body.
    pub(super) async fn read(mut self) -> Result<Reply, CallError> {
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            body.extend_from_slice(&bytes);
        }
        let body = String::from_utf8(body).unwrap_or_default();
        Ok(Reply { status: self.status, body })
    }
}

/// The outcome of a step of a call, unless it takes longer than any may.
async fn in_time<T>(operation: Operation, step: impl Future<Output = T>) -> Result<T, CallError> {
    let late = |_| CallError::transient(operation, "no reply in time");
    timeout(CEILING, step).await.map_err(late)
}

/// A request with more headers.
fn with(
    operation: Operation,
    mut request: HttpRequest,
    headers: &[(&'static str, String)],
) -> Result<HttpRequest, CallError> {
    for (name, value) in headers {
        let added = request.headers_mut().try_insert(*name, value.clone());
        added.map_err(|_| CallError::transient(operation, "a header is not valid"))?;
    }
    Ok(request)
}
