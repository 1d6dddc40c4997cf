//! The AWS Query protocol of IAM and STS: a form as the request, XML as the reply.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::form::{Refusal, escaped, member};
use super::sessions::Known;
use super::shared::Shared;
use super::{elsewhere, iam, sts};
use crate::engine::ApiError;

const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a call of IAM or STS, and refuses one of another service that has forms.
pub(super) fn answer(
    shared: &Shared,
    caller: Result<Known, ApiError>,
    service: &str,
    form: &[u8],
) -> Response {
    let id = Uuid::new_v4().to_string();
    let action = member(form, "Action").unwrap_or_default();
    let result = caller.map_err(Refusal::from).and_then(|caller| match action.as_str() {
        "GetRole" => iam::role(shared, &caller, form),
        "GetCallerIdentity" => sts::caller_identity(&caller.arn),
        "AssumeRole" => sts::assume_role(shared, &caller, form),
        _ => Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidAction",
            message: elsewhere::message(service, Some(&action)),
        }),
    });
    let namespace = if action == "GetRole" { IAM } else { STS };
    let (status, xml) = match result {
        Ok(result) => (
            StatusCode::OK,
            format!(
                r#"<{action}Response xmlns="{namespace}"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"#
            ),
        ),
        Err(refusal) => {
            let (code, message) = (refusal.code, escaped(&refusal.message));
            let error = format!(
                "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            );
            let xml = format!(
                r#"<ErrorResponse xmlns="{namespace}">{error}<RequestId>{id}</RequestId></ErrorResponse>"#
            );
            (refusal.status, xml)
        }
    };
    let headers =
        [(header::CONTENT_TYPE.as_str(), "text/xml".to_owned()), ("x-amzn-requestid", id)];
    (status, headers, xml).into_response()
}
