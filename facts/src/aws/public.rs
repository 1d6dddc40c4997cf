//! Public files of AWS, by single HTTPS requests that are not signed. Redirects are not followed.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;

use crate::call::{CallError, Operation};

/// Reads a public file: one request, without retries.
///
/// # Errors
/// [`CallError`] if the request could not be sent, its reply not be read, or its status is not 200.
pub async fn public_file(operation: Operation, url: &str) -> Result<String, CallError> {
    let transient = |problem: &str| CallError::transient(operation, problem);
    let refused = |code| CallError::Refused { operation, code, message: url.to_owned() };
    let request = HttpRequest::get(url).map_err(|_| refused("no request".to_owned()))?;
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
    let reply = connector.call(request).await;
    let reply = reply.map_err(|_| transient("the request could not be sent"))?;
    let status = reply.status().as_u16();
    match status {
        200 => {
            let body = ByteStream::new(reply.into_body()).collect().await;
            let body = body.map_err(|_| transient("the reply could not be read"))?.to_vec();
            Ok(String::from_utf8(body).unwrap_or_default())
        }
        429 | 500.. => Err(transient(&format!("HTTP status {status}"))),
        _ => Err(refused(format!("HTTP status {status}"))),
    }
}
