//! The web app as a Lambda function behind a function URL. An HTTP API of API Gateway, which can
//! have a domain of your own, sends the same events.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

/// The greatest reply of a function URL (AWS Lambda Developer Guide, "Lambda quotas").
const REPLY: usize = 6 * 1024 * 1024;

/// A request. Not `Debug`, because it has cookies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// They are not among the headers.
    #[serde(default)]
    cookies: Vec<String>,
    request_context: Context,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

/// Serves until Lambda ends the process.
///
/// # Errors
/// If Lambda's Runtime API cannot be reached.
pub(crate) async fn serve(router: Router) -> Result<(), lambda_runtime::Error> {
    let answer = |event: LambdaEvent<Event>| answer(router.clone(), event.payload);
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(router: Router, event: Event) -> Result<Reply, Infallible> {
    let response = match event.into_request() {
        Some(request) => router.oneshot(request).await?,
        None => StatusCode::BAD_REQUEST.into_response(),
    };
    let reply = match Reply::of(response).await {
        Some(reply) => reply,
        None => Reply::empty(StatusCode::INTERNAL_SERVER_ERROR),
    };
    Ok(reply)
}

impl Event {
    /// The request, or `None` if HTTP does not allow such a one.
    fn into_request(self) -> Option<Request<Body>> {
        let address = match self.raw_query_string.as_str() {
            "" => self.raw_path,
            query => format!("{}?{query}", self.raw_path),
        };
        let method = Method::from_bytes(self.request_context.http.method.as_bytes()).ok()?;
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookies.join("; "));
        }
        let body = self.body.unwrap_or_default();
        let body = match self.is_base64_encoded {
            true => STANDARD.decode(body).ok()?,
            false => body.into_bytes(),
        };
        request.body(Body::from(body)).ok()
    }
}

impl Reply {
    async fn of(response: Response) -> Option<Self> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, REPLY).await.ok()?;
        let (body, is_base64_encoded) = match str::from_utf8(&body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode::<Bytes>(body), true),
        };
        let cookies = values(&parts.headers, &header::SET_COOKIE);
        let names = parts.headers.keys().filter(|name| *name != header::SET_COOKIE);
        let headers =
            names.map(|name| (name.to_string(), values(&parts.headers, name).join(", "))).collect();
        Some(Self { headers, cookies, body, is_base64_encoded, ..Self::empty(parts.status) })
    }

    fn empty(status: StatusCode) -> Self {
        Self {
            status_code: status.as_u16(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: String::new(),
            is_base64_encoded: false,
        }
    }
}

fn values(headers: &HeaderMap, name: &header::HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

#[cfg(test)]
#[path = "lambda_tests.rs"]
mod tests;
