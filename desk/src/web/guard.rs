//! What every request must satisfy before anything looks at it, and the headers of every reply.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Ports, Web, front};
use crate::output;

/// The greatest body: an assertion and its seal have about 4 KB.
const BODY: usize = 32 * 1024;
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long a reply may take. A call to AWS is given up after 45 s.
const REPLY: Duration = Duration::from_secs(100);

/// Scripts, styles and requests of this origin only; nobody may put a page into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", POLICY),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    // `no-referrer` would make forms say `Origin: null`.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)"),
    ("strict-transport-security", "max-age=31536000"),
];

/// Checks a request, answers it, and adds the headers.
pub(super) async fn guard<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match admitted(&web, request).await {
        Ok(request) => match tokio::time::timeout(REPLY, next.run(request)).await {
            Ok(response) => response,
            Err(_) => refusal(StatusCode::GATEWAY_TIMEOUT, "AWS did not answer in time."),
        },
        Err(refusal) => refusal,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn admitted<P: Ports>(web: &Arc<Web<P>>, request: Request) -> Result<Request, Response> {
    let request = checked(web.origin(), request).await?;
    front::admitted(web, request).await.map_err(|refused| {
        output::print_warning(&format!("a request was refused: {refused}"));
        refusal(refused.status(), &refused.text())
    })
}

async fn checked(origin: &str, request: Request) -> Result<Request, Response> {
    // Another name for this address would be another origin, which its owner controls.
    if host(request.headers()) != origin.split_once("://").map(|(_, host)| host) {
        let text = format!("This desk is at {origin}.");
        return Err(refusal(StatusCode::MISDIRECTED_REQUEST, &text));
    }
    match *request.method() {
        Method::GET | Method::HEAD => Ok(request.map(|_| Body::empty())),
        Method::POST if is_ours(origin, request.headers()) => whole(request).await,
        Method::POST => Err(refusal(
            StatusCode::FORBIDDEN,
            "The request comes from another page than those of this desk.",
        )),
        _ => Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "Only GET and POST are allowed.")),
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    }
}

/// Whether a page of ours made the request. Browsers send `Origin` with every POST.
fn is_ours(origin: &str, headers: &HeaderMap) -> bool {
    let is = |name: &str, wanted: &str| {
        headers.get_all(name).iter().map(|value| value == wanted).reduce(|all, it| all && it)
    };
    is("origin", origin) == Some(true) && is("sec-fetch-site", "same-origin") != Some(false)
}

/// The request with its whole body.
async fn whole(request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(ARRIVAL, to_bytes(body, BODY)).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_)) => Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")),
        Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "The request took too long.")),
    }
}

fn refusal(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n"))
        .into_response()
}
