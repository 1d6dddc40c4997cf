//! The operations of Lambda that the product needs: GetFunctionConfiguration, so that `desk` finds
//! the gate's rule, and UpdateFunctionConfiguration, so that a pipeline can put a rule in force.
//!
//! The REST JSON protocol.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use names::FunctionRef;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::functions::{Hosted, is_reserved, is_variable_name};
use super::lambda_call::{Call, Operation};
use super::sessions::Known;
use super::shared::Shared;
use crate::engine::{ApiError, ErrorCode};

/// The most that all variables of a function hold together, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const ENVIRONMENT_BYTES: usize = 4096;

/// The part of the body of UpdateFunctionConfiguration that has an effect here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    environment: Option<Environment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// Answers a call of Lambda.
pub(super) fn answer(
    shared: &Shared,
    caller: Result<Known, ApiError>,
    call: &Call,
    body: &[u8],
) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    match configuration(shared, caller, call, body) {
        Ok(body) => (StatusCode::OK, headers, body.to_string()).into_response(),
        Err(Refused { status, code, message }) => {
            let body = json!({"Type": "User", "Message": message}).to_string();
            (status, headers, [("x-amzn-errortype", code)], body).into_response()
        }
    }
}

#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    fn invalid(message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "InvalidParameterValueException", message }
    }
}

/// The part of the configuration that functions have here, after the change if there is one. As for
/// Lambda actions, every name that no other function has means the gate.
fn configuration(
    shared: &Shared,
    caller: Result<Known, ApiError>,
    call: &Call,
    body: &[u8],
) -> Result<Value, Refused> {
    let caller = caller?;
    let name = &call.function;
    let function: FunctionRef = name.parse().map_err(|_| Refused {
        status: StatusCode::BAD_REQUEST,
        code: "ValidationException",
        message: format!("1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint"),
    })?;
    let found = shared.function(call.name(), &function, &caller);
    tracing::info!(
        operation = format!("lambda:{}", call.name()),
        caller = caller.arn,
        name,
        allowed = found.is_ok(),
        "answered"
    );
    let (arn, hosted) = found?;
    if call.operation == Operation::Update {
        update(hosted, body)?;
    }
    Ok(json!({
        "FunctionName": function.name().as_str(),
        "FunctionArn": arn,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Timeout": hosted.timeout.as_secs(),
        "MemorySize": 128,
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "Environment": {"Variables": hosted.variables()},
    }))
}

/// Replaces the variables of a function, all of them, as Lambda does.
fn update(hosted: &Hosted, body: &[u8]) -> Result<(), Refused> {
    let update: Update = serde_json::from_slice(body).map_err(|error| {
        Refused::invalid(format!(
            "The emulator changes only the Environment of a function: {error}"
        ))
    })?;
    if let Some(Environment { variables }) = update.environment {
        check(&variables)?;
        hosted.configure(variables);
    }
    Ok(())
}

fn check(variables: &BTreeMap<String, String>) -> Result<(), Refused> {
    if !variables.keys().all(|name| is_variable_name(name)) {
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            code: "ValidationException",
            message: "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map \
                      keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                      [a-zA-Z]([a-zA-Z0-9_])+]"
                .to_owned(),
        });
    }
    let unable = "Lambda was unable to configure your environment variables because the environment \
                  variables you have provided";
    let reserved = variables.keys().map(String::as_str).filter(|name| is_reserved(name));
    let reserved: Vec<&str> = reserved.collect();
    if !reserved.is_empty() {
        return Err(Refused::invalid(format!(
            "{unable} contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > ENVIRONMENT_BYTES {
        return Err(Refused::invalid(format!("{unable} exceeded the 4KB limit.")));
    }
    Ok(())
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
    fn variables_of_lambda_and_too_many_bytes_are_refused() {
        let variables = |name: &str, length| [(name.to_owned(), "x".repeat(length))].into();
        assert!(check(&variables("TWO_PERSON_RULE", 4081)).is_ok());
        let message = check(&variables("TWO_PERSON_RULE", 4082)).unwrap_err().message;
        assert!(message.ends_with("exceeded the 4KB limit."), "{message}");
        for name in ["", "1A", "A", "A=B", "A-B", "é"] {
            assert_eq!(check(&variables(name, 1)).unwrap_err().code, "ValidationException");
        }
        let message = check(&variables("AWS_REGION", 1)).unwrap_err().message;
        assert!(message.ends_with("Reserved keys used in this request: AWS_REGION"), "{message}");
    }
}
