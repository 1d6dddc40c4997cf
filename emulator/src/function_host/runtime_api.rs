//! The Lambda Runtime API of one process.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

/// An event for the function. Not `Debug`, because the event has credentials.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) function_arn: String,
    pub(super) deadline: Timestamp,
    pub(super) event: String,
}

/// A message of the process.
pub(super) enum Message {
    /// The function returned.
    Response { id: String, body: Value },
    /// The function failed. Without an id, it failed before its first event.
    Error { id: Option<String>, kind: String, message: String },
}

#[derive(Clone)]
struct Api {
    next: Arc<Mutex<mpsc::UnboundedReceiver<Invocation>>>,
    answers: mpsc::UnboundedSender<Message>,
}

/// An error in the format of the Runtime API.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    error_type: String,
    error_message: String,
}

/// The Runtime API: it takes events from one channel and sends messages to another.
pub(super) fn router(
    next: mpsc::UnboundedReceiver<Invocation>,
    answers: mpsc::UnboundedSender<Message>,
) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(hand_over))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(take_response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(take_error))
        .route("/2018-06-01/runtime/init/error", post(take_init_error))
        .with_state(Api { next: Arc::new(Mutex::new(next)), answers })
}

async fn hand_over(State(api): State<Api>) -> Response {
    let Some(invocation) = api.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", invocation.deadline.as_millisecond().to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function_arn),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
    ];
    (headers, invocation.event).into_response()
}

async fn take_response(State(api): State<Api>, Path(id): Path<String>, body: Bytes) -> Response {
    let message = match serde_json::from_slice(&body) {
        Ok(body) => Message::Response { id, body },
        Err(error) => Message::Error {
            id: Some(id),
            kind: "Runtime.MarshalError".to_owned(),
            message: error.to_string(),
        },
    };
    api.pass_on(message)
}

async fn take_error(State(api): State<Api>, Path(id): Path<String>, body: Bytes) -> Response {
    api.pass_on(reported(Some(id), &body))
}

async fn take_init_error(State(api): State<Api>, body: Bytes) -> Response {
    api.pass_on(reported(None, &body))
}

fn reported(id: Option<String>, body: &[u8]) -> Message {
    let reported: Reported = serde_json::from_slice(body).unwrap_or_default();
    Message::Error { id, kind: reported.error_type, message: reported.error_message }
}

impl Api {
    fn pass_on(&self, message: Message) -> Response {
        match self.answers.send(message) {
            Ok(()) => (StatusCode::ACCEPTED, r#"{"status":"OK"}"#).into_response(),
            Err(_) => StatusCode::GONE.into_response(),
        }
    }
}
