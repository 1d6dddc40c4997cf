//! The one operation of Secrets Manager that functions need: GetSecretValue, for the tokens of
//! forges.
//!
//! The AWS JSON protocol.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::secrets::{arn, name};
use super::sessions::Known;
use super::shared::Shared;
use crate::authorize::Action;
use crate::engine::{ApiError, ErrorCode};

/// `X-Amz-Target` of the operation.
pub(super) const TARGET: &str = "secretsmanager.GetSecretValue";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    secret_id: String,
}

/// Answers GetSecretValue.
pub(super) fn answer(shared: &Shared, caller: Result<Known, ApiError>, body: &[u8]) -> Response {
    let (status, reply) = match value(shared, caller, body) {
        Ok(reply) => (StatusCode::OK, reply),
        Err((code, message)) => {
            (StatusCode::BAD_REQUEST, json!({"__type": code, "message": message}))
        }
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/x-amz-json-1.1".to_owned()),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    (status, headers, reply.to_string()).into_response()
}

fn value(
    shared: &Shared,
    caller: Result<Known, ApiError>,
    body: &[u8],
) -> Result<Value, (String, String)> {
    let refused = |error: ApiError| (error.code.to_string(), error.message);
    let caller = caller.map_err(refused)?;
    let Input { secret_id } = serde_json::from_slice(body)
        .map_err(|error| refused(ErrorCode::Serialization.because(error.to_string())))?;
    let name = name(&secret_id);
    let action = Action { service: "secretsmanager", operation: "GetSecretValue" };
    let found = shared.resource(action, |settings| arn(settings, name), &caller);
    tracing::info!(
        operation = "secretsmanager:GetSecretValue",
        caller = caller.arn,
        name,
        allowed = found.is_ok(),
        "answered"
    );
    let arn = found.map_err(refused)?;
    // An ARN of another account or region is not that of a secret here.
    let is_meant = !secret_id.starts_with("arn:") || arn.starts_with(&secret_id);
    let text = shared.secrets.find(name).filter(|_| is_meant);
    let text = text.ok_or_else(|| {
        let message = "Secrets Manager can't find the specified secret.";
        ("ResourceNotFoundException".to_owned(), message.to_owned())
    })?;
    Ok(json!({
        "ARN": arn,
        "Name": name,
        "SecretString": text,
        "VersionStages": ["AWSCURRENT"],
    }))
}
