//! Replies to the script of the pages, in JSON.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why something was not done, in words for the person in front of the page.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    text: String,
    /// The code of the rule's reason, such as `same-person`.
    reason: Option<&'static str>,
    /// Whether the script should try the same again on its own.
    again: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    problem: &'a str,
    reason: Option<&'static str>,
    again: bool,
}

impl Problem {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), reason: None, again: false }
    }

    /// With the code of the rule's reason.
    pub(super) fn because(self, reason: Option<&'static str>) -> Self {
        Self { reason, ..self }
    }

    /// Worth another try on its own.
    pub(super) fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// The request makes no sense. No person sees this, unless a page is older than the program.
    pub(super) fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request makes no sense. Reload the page.")
    }

    /// A bug, or no random numbers.
    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The desk failed. Reload the page.")
    }

    pub(super) fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "You are not signed in any more. Reload the page and sign in again.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, text, reason, again } = self;
        let mut response = json(&Body { problem: &text, reason, again });
        *response.status_mut() = status;
        response
    }
}

/// A document.
pub(super) fn json(document: &impl Serialize) -> Response {
    match serde_json::to_string(document) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The JSON of a request.
///
/// # Errors
/// [`Problem`] if it is not what the script of the pages posts.
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Problem> {
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
    if !is_json {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The browser did not run the page's script, which passkeys need.",
        ));
    }
    serde_json::from_slice(body).map_err(|_| Problem::malformed())
}
