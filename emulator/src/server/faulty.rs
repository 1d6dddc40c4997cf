//! The layer in front of all calls that lets them fail as a file of faults says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Response as HttpResponse, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::wire::Line;
use super::{elsewhere, form, lambda_call};
use crate::faults::{Delivery, Fault, Faults};
use crate::principals::key_id;

/// The faults, and the replies that may be given again.
#[derive(Debug, Default)]
pub(super) struct Faulty {
    faults: Faults,
    /// The first reply to each request.
    earlier: Mutex<HashMap<Request, Reply>>,
}

/// An operation, and its input.
type Request = (String, String);
type Reply = HttpResponse<Bytes>;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
}

impl From<Faults> for Faulty {
    fn from(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }
}

impl Faulty {
    /// How the next job reaches its function.
    pub(super) fn delivery(&self) -> Delivery {
        self.faults.of_delivery()
    }

    /// The reply to a call that `answer` answers, unless a fault is due. `caller` is its principal.
    pub(super) async fn reply(
        &self,
        call: &Call<'_>,
        caller: Option<&str>,
        line: &Line,
        answer: impl FnOnce() -> Response,
    ) -> Response {
        let Some(operation) = call.operation() else { return answer() };
        let repeats = self.faults.repeats(&operation);
        let request = repeats.then(|| (operation.clone(), call.input()));
        let earlier = request.as_ref().and_then(|request| self.earlier(request));
        let names: Vec<&str> = call.key_id().into_iter().chain(caller).collect();
        let fault = self.faults.of_call(&operation, &names, earlier.is_some());
        if let Some(fault) = fault {
            tracing::info!(operation, caller, ?fault, "a fault");
        }
        match (fault, earlier) {
            (Some(Fault::Throttle), _) => {
                let message = "Rate exceeded";
                return call.refusal(StatusCode::BAD_REQUEST, "ThrottlingException", message);
            }
            (Some(Fault::ServerError), _) => {
                let message = "The service has failed. Try again.";
                return call.refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", message);
            }
            (Some(Fault::Reset), _) => {
                line.reset();
                return StatusCode::OK.into_response();
            }
            (Some(Fault::Stale), Some(earlier)) => return earlier.map(Body::from),
            _ => {}
        }
        let (parts, body) = answer().into_parts();
        let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let mut reply = Reply::from_parts(parts, whole);
        if let Some(request) = request {
            let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.entry(request).or_insert_with(|| reply.clone());
        }
        match fault {
            Some(Fault::ResetAfter) => line.reset(),
            Some(Fault::ResetWithin) => line.reset_within(),
            Some(Fault::Truncate) => {
                let half = reply.body().len() / 2;
                reply.body_mut().truncate(half);
            }
            Some(Fault::WrongJson) => {
                *reply.status_mut() = StatusCode::OK;
                *reply.body_mut() = json!({"wrong": ["reply"]}).to_string().into();
            }
            Some(Fault::Slow(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Throttle | Fault::ServerError | Fault::Reset | Fault::Stale) | None => {}
        }
        reply.map(Body::from)
    }

    fn earlier(&self, request: &Request) -> Option<Reply> {
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.get(request).cloned()
    }
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn authorization(&self) -> Option<&str> {
        self.header(header::AUTHORIZATION.as_str())
    }

    /// The access key id of the caller.
    fn key_id(&self) -> Option<&str> {
        key_id(self.authorization()?)
    }

    fn is_form(&self) -> bool {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        kind.starts_with("application/x-www-form-urlencoded")
    }

    /// The operation, as IAM names it in actions. Returns `None` if the call names none.
    fn operation(&self) -> Option<String> {
        if let Some(call) = lambda_call::Call::parse(self.method, self.uri.path()) {
            return Some(format!("lambda:{}", call.name()));
        }
        let service = elsewhere::service(self.authorization()).unwrap_or(elsewhere::OWN);
        let name = if self.is_form() {
            form::member(self.body, "Action")?
        } else {
            self.header("x-amz-target")?.rsplit('.').next()?.to_owned()
        };
        Some(format!("{service}:{name}"))
    }

    /// What is asked, the same for the same question in another order of members.
    fn input(&self) -> String {
        let document = serde_json::from_slice::<Value>(self.body).map(|it| it.to_string());
        let text = || String::from_utf8_lossy(self.body).into_owned();
        format!("{} {}", self.uri.path(), document.unwrap_or_else(|_| text()))
    }

    /// An error of the service, in the protocol of the call.
    fn refusal(&self, status: StatusCode, code: &str, message: &str) -> Response {
        let (kind, body) = if self.is_form() {
            let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            ("text/xml", format!("<ErrorResponse>{error}</ErrorResponse>"))
        } else {
            let error = json!({"__type": code, "message": message});
            ("application/x-amz-json-1.1", error.to_string())
        };
        let headers = [(header::CONTENT_TYPE.as_str(), kind), ("x-amzn-errortype", code)];
        (status, headers, body).into_response()
    }
}
