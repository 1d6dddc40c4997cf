//! The environment of a function, by one signed request: REST JSON.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use std::collections::BTreeMap;

use facts::aws::Signed;
use facts::{CallError, Operation};
use names::FunctionRef;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;

const OPERATION: Operation = Operation::of("lambda", "GetFunctionConfiguration");

/// What must be escaped in a part of a path: all but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    /// Every configuration has it. A reply of something else is not one without variables.
    #[serde(rename = "FunctionName")]
    _name: IgnoredAny,
    environment: Option<Environment>,
}

/// `EnvironmentResponse`: if Lambda cannot decrypt the variables, it has an error instead.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<BTreeMap<String, String>>,
    error: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(alias = "Message")]
    message: Option<String>,
    /// The code is in a header, and in the body of some errors.
    #[serde(alias = "__type", alias = "code", alias = "Code")]
    code: Option<String>,
}

pub(super) async fn environment(
    lambda: &Signed,
    function: &FunctionRef,
) -> Result<Option<BTreeMap<String, String>>, CallError> {
    let name = function.unqualified_arn().unwrap_or_else(|| function.name().to_string());
    let name = utf8_percent_encode(&name, ESCAPED);
    let qualifier = function.qualifier().map_or_else(String::new, |qualifier| {
        format!("?Qualifier={}", utf8_percent_encode(qualifier, ESCAPED))
    });
    let path = format!("/2015-03-31/functions/{name}/configuration{qualifier}");
    let reply = lambda.get(OPERATION, &path).await?;
    read(reply.status, &reply.body)
}

fn read(status: u16, body: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
    if status == 200 {
        let configuration: Configuration =
            serde_json::from_str(body).map_err(|_| CallError::Malformed {
                operation: OPERATION,
                problem: "it is not the configuration of a function",
            })?;
        let environment = configuration.environment.unwrap_or_default();
        return Ok(match environment.error {
            Some(_) => None,
            None => Some(environment.variables.unwrap_or_default()),
        });
    }
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    let message = problem.message.unwrap_or_else(|| "without a message".to_owned());
    let code = match (status, problem.code) {
        (403, _) => "AccessDeniedException".to_owned(),
        (404, _) => "ResourceNotFoundException".to_owned(),
        (_, Some(code)) => code,
        (_, None) => format!("status {status}"),
    };
    Err(CallError::of_service(OPERATION, status, &code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_cannot_be_decrypted_is_not_an_empty_one() {
        let body = r#"{"Environment": {"Variables": {"A": "b"}}, "FunctionName": "gate"}"#;
        let read_ok = |body| read(200, body).unwrap();
        assert_eq!(read_ok(body), Some([("A".to_owned(), "b".to_owned())].into()));
        assert_eq!(read_ok(r#"{"FunctionName": "gate"}"#), Some(BTreeMap::new()));
        let undecrypted = r#"{"FunctionName": "gate", "Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS"}}}"#;
        assert_eq!(read_ok(undecrypted), None);
        // The gate's rule would seem to be the default one.
        for wrong in ["<a>", "{}", r#"{"wrong": ["reply"]}"#] {
            assert!(matches!(read(200, wrong), Err(CallError::Malformed { .. })), "{wrong}");
        }
    }

    #[test]
    fn errors_are_sorted_by_their_status() {
        let body = r#"{"Message": "User: a is not authorized"}"#;
        assert!(matches!(
            read(403, body),
            Err(CallError::AccessDenied { message, .. }) if message == "User: a is not authorized"
        ));
        assert!(matches!(read(404, "{}"), Err(CallError::Refused { .. })));
        assert!(matches!(read(429, ""), Err(CallError::Transient { .. })));
        assert!(matches!(read(500, "oops"), Err(CallError::Transient { .. })));
    }
}
