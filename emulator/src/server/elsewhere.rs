//! Calls that the emulator does not serve. People set `AWS_ENDPOINT_URL`, and then everything that
//! they call comes here.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::form::escaped;

/// The service that is served whole, as in signatures.
pub(super) const OWN: &str = "codepipeline";
/// The services that reply in XML to requests that are not forms.
const IN_XML: [&str; 4] = ["s3", "s3express", "route53", "cloudfront"];

/// The service that a request is signed for, as in `Credential=KEY/DATE/REGION/SERVICE/…`.
pub(super) fn service(authorization: Option<&str>) -> Option<&str> {
    let (_, credential) = authorization?.split_once("Credential=")?;
    credential.split([',', ' ']).next()?.split('/').nth(3)
}

/// The text for people. Without an operation, the request does not name one.
pub(super) fn message(service: &str, operation: Option<&str>) -> String {
    let what = operation.map_or_else(
        || format!("this call of `{service}`"),
        |operation| format!("the operation '{operation}' of `{service}`"),
    );
    format!(
        "The emulator does not serve {what}. It serves CodePipeline, GetFunctionConfiguration and \
         UpdateFunctionConfiguration of Lambda, GetSecretValue of Secrets Manager, GetRole of IAM, and \
         GetCallerIdentity and AssumeRole of STS. To call AWS for the rest, set AWS_ENDPOINT_URL_CODEPIPELINE instead \
         of AWS_ENDPOINT_URL"
    )
}

/// The reply, in a form that clients of the service understand.
pub(super) fn answer(service: &str, operation: Option<&str>) -> Response {
    let (id, message) = (Uuid::new_v4().to_string(), message(service, operation));
    tracing::info!(service, operation, "not served");
    let (form, code, body) = if IN_XML.contains(&service) {
        let message = escaped(&message);
        let error = format!("<Code>NotImplemented</Code><Message>{message}</Message>");
        // S3 has no other element around the error.
        let error = if service.starts_with("s3") {
            format!("<Error>{error}<RequestId>{id}</RequestId></Error>")
        } else {
            format!(
                "<ErrorResponse><Error>{error}</Error><RequestId>{id}</RequestId></ErrorResponse>"
            )
        };
        ("application/xml", "NotImplemented", error)
    } else {
        let code = "UnknownOperationException";
        ("application/json", code, json!({"__type": code, "message": message}).to_string())
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), form),
        ("x-amzn-errortype", code),
        ("x-amzn-requestid", &id),
    ];
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_in_the_signature() {
        let signed =
            "AWS4-HMAC-SHA256 Credential=alice/20261126/us-east-1/s3/aws4_request, Signature=0";
        assert_eq!(service(Some(signed)), Some("s3"));
        assert_eq!(service(Some("Credential=alice")), None);
        assert_eq!(service(None), None);
    }
}
