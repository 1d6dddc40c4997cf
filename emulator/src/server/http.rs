//! AWS JSON 1.1 over HTTP, and the few calls of other services.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::faulty::Call;
use super::shared::Shared;
use super::wire::Line;
use super::{elsewhere, lambda, lambda_call, query, secrets_manager};
use crate::engine::{ApiError, ErrorCode};

/// The prefix of an operation's name in `X-Amz-Target`.
const TARGET_PREFIX: &str = "CodePipeline_20150709.";

/// Answers API calls on every path, as AWS does.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { method: &method, uri: &uri, headers: &headers, body: &body };
    let caller = shared.caller(call.authorization()).ok().map(|known| known.arn);
    let answer = || without_faults(&shared, &call);
    shared.faulty.reply(&call, caller.as_deref(), &line, answer).await
}

fn without_faults(shared: &Shared, call: &Call<'_>) -> Response {
    let &Call { method, uri, headers, body } = call;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let target = text("x-amz-target");
    let authorization = text(header::AUTHORIZATION.as_str());
    let service = elsewhere::service(authorization).unwrap_or(elsewhere::OWN);
    let caller = shared.caller(authorization);
    let form = text(header::CONTENT_TYPE.as_str())
        .is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    if form && target.is_none() {
        return query::answer(shared, caller, service, body);
    }
    if let Some(call) = lambda_call::Call::parse(method, uri.path()) {
        return lambda::answer(shared, caller, &call, body);
    }
    if target == Some(secrets_manager::TARGET) {
        return secrets_manager::answer(shared, caller, body);
    }
    let operation = target.and_then(|target| target.strip_prefix(TARGET_PREFIX));
    if operation.is_none() && service != elsewhere::OWN {
        let operation = target.and_then(|target| target.rsplit('.').next());
        return elsewhere::answer(service, operation);
    }
    let operation = operation.unwrap_or_default();
    let result = caller.and_then(|caller| {
        let result = shared.call(operation, body, &caller);
        let caller = &caller.arn;
        match &result {
            Ok(_) => tracing::info!(operation, caller, "answered"),
            Err(error) => tracing::info!(operation, caller, %error, "refused"),
        }
        result
    });
    let (status, body) = match result {
        Ok(reply) => (StatusCode::OK, reply.as_ref().map(Value::to_string).unwrap_or_default()),
        Err(error) => {
            let body = json!({"__type": error.code.to_string(), "message": error.message});
            (status(&error), body.to_string())
        }
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/x-amz-json-1.1".to_owned()),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    (status, headers, body).into_response()
}

fn status(error: &ApiError) -> StatusCode {
    if error.code == ErrorCode::Internal {
        StatusCode::INTERNAL_SERVER_ERROR
    } else if matches!(
        error.code,
        ErrorCode::MissingAuthenticationToken | ErrorCode::UnrecognizedClient
    ) {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::BAD_REQUEST
    }
}
