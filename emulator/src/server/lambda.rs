//! The one operation of Lambda that approvers need: GetFunctionConfiguration, so that `desk` finds
//! the gate's rule.
//!
//! The REST JSON protocol.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use names::FunctionRef;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sessions::Known;
use super::shared::Shared;
use crate::engine::{ApiError, ErrorCode};

/// The function in the path of a request, if it is one of Lambda.
pub(super) fn function(path: &str) -> Option<String> {
    let name = path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/configuration")?;
    Some(percent_decode_str(name).decode_utf8().ok()?.into_owned())
}

/// Answers a call of Lambda.
pub(super) fn answer(shared: &Shared, caller: Result<Known, ApiError>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    match configuration(shared, caller, name) {
        Ok(body) => (StatusCode::OK, headers, body.to_string()).into_response(),
        Err(Refused { status, code, message }) => {
            let body = json!({"Type": "User", "Message": message}).to_string();
            (status, headers, [("x-amzn-errortype", code)], body).into_response()
        }
    }
}

struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

/// The part of the configuration that the gate's function has here. As for Lambda actions, every
/// name means the gate.
fn configuration(
    shared: &Shared,
    caller: Result<Known, ApiError>,
    name: &str,
) -> Result<Value, Refused> {
    let caller = caller?;
    let function: FunctionRef = name.parse().map_err(|_| Refused {
        status: StatusCode::BAD_REQUEST,
        code: "ValidationException",
        message: format!("1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint"),
    })?;
    let answered = shared.function(&function, &caller);
    tracing::info!(
        operation = "lambda:GetFunctionConfiguration",
        caller = caller.arn,
        name,
        allowed = answered.is_ok(),
        "answered"
    );
    let (arn, rule) = answered?;
    let variables: BTreeMap<&str, String> =
        rule.into_iter().map(|rule| ("TWO_PERSON_RULE", rule)).collect();
    Ok(json!({
        "FunctionName": function.name().as_str(),
        "FunctionArn": arn,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Timeout": 30,
        "MemorySize": 128,
        "Version": "$LATEST",
        "Environment": {"Variables": variables},
    }))
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let (status, code) = if error.code == ErrorCode::AccessDenied {
            (StatusCode::FORBIDDEN, "AccessDeniedException")
        } else if error.code == ErrorCode::MissingAuthenticationToken {
            (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException")
        } else if error.code == ErrorCode::UnrecognizedClient {
            (StatusCode::FORBIDDEN, "UnrecognizedClientException")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "ServiceException")
        };
        Self { status, code, message: error.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_in_the_path() {
        let read = |name: &str| function(&format!("/2015-03-31/functions/{name}/configuration"));
        assert_eq!(read("two-person-rule").as_deref(), Some("two-person-rule"));
        assert_eq!(read("gate%3Alive").as_deref(), Some("gate:live"));
        assert_eq!(function("/"), None);
        assert_eq!(function("/2015-03-31/functions/gate"), None);
    }
}
