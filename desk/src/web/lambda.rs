//! The web app as a Lambda function: an event becomes a request, and the reply is what its sender
//! expects. Function URLs and load balancers send different events.

mod load_balancer;
mod url;

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use super::front::ByLoadBalancer;

#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    Url(url::Event),
    LoadBalancer(load_balancer::Event),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Url(url::Reply),
    LoadBalancer(load_balancer::Reply),
}

/// A request, as every kind of event has it. Not `Debug`, because it has cookies.
struct Asked {
    method: String,
    path: String,
    /// Escaped as it came.
    query: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    is_base64_encoded: bool,
}

/// The app's reply, as every kind of event wants it.
struct Replied {
    status: StatusCode,
    headers: HeaderMap,
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
    Ok(match event {
        Event::Url(event) => {
            let request = Asked::from(event).into_request();
            Reply::Url(replied(router, request, url::LIMIT).await?.into())
        }
        Event::LoadBalancer(event) => {
            let has_lists = event.has_lists();
            let mut request = Asked::from(event).into_request();
            if let Some(request) = &mut request {
                request.extensions_mut().insert(ByLoadBalancer);
            }
            let replied = replied(router, request, load_balancer::LIMIT).await?;
            Reply::LoadBalancer(load_balancer::Reply::of(replied, has_lists))
        }
    })
}

async fn replied(
    router: Router,
    request: Option<Request<Body>>,
    limit: usize,
) -> Result<Replied, Infallible> {
    let response = match request {
        Some(request) => router.oneshot(request).await?,
        None => StatusCode::BAD_REQUEST.into_response(),
    };
    let (parts, body) = response.into_parts();
    let empty = |status, headers| Replied {
        status,
        headers,
        body: String::new(),
        is_base64_encoded: false,
    };
    let Ok(body) = to_bytes(body, limit).await else {
        return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new()));
    };
    let (body, is_base64_encoded) = match str::from_utf8(&body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode::<Bytes>(body), true),
    };
    Ok(Replied { body, is_base64_encoded, ..empty(parts.status, parts.headers) })
}

impl Asked {
    /// The request, or `None` if HTTP does not allow such a one.
    fn into_request(self) -> Option<Request<Body>> {
        let address = match self.query.as_str() {
            "" => self.path,
            query => format!("{}?{query}", self.path),
        };
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let body = self.body.unwrap_or_default();
        let body = match self.is_base64_encoded {
            true => STANDARD.decode(body).ok()?,
            false => body.into_bytes(),
        };
        request.body(Body::from(body)).ok()
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

#[cfg(test)]
#[path = "lambda_tests.rs"]
mod tests;
