//! The AWS Query protocol of IAM and STS: a form as the request, XML as the reply.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::shared::Shared;
use super::{iam, sts};
use crate::engine::{ApiError, ErrorCode};

const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An error reply.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Answers a call of IAM or STS.
pub(super) fn answer(shared: &Shared, caller: Result<&str, ApiError>, form: &[u8]) -> Response {
    let id = Uuid::new_v4().to_string();
    let action = member(form, "Action").unwrap_or_default();
    let result = caller.map_err(Refusal::from).and_then(|caller| match action.as_str() {
        "GetRole" => iam::role(shared, caller, form),
        "GetCallerIdentity" => sts::caller_identity(caller),
        _ => Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidAction",
            message: format!("The emulator does not serve the operation '{action}' of IAM or STS"),
        }),
    });
    let namespace = if action == "GetCallerIdentity" { STS } else { IAM };
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

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let (status, code) = if error.code == ErrorCode::AccessDenied {
            (StatusCode::FORBIDDEN, "AccessDenied")
        } else if error.code == ErrorCode::MissingAuthenticationToken {
            (StatusCode::FORBIDDEN, "MissingAuthenticationToken")
        } else if error.code == ErrorCode::UnrecognizedClient {
            (StatusCode::FORBIDDEN, "InvalidClientTokenId")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "ServiceFailure")
        };
        Self { status, code, message: error.message }
    }
}

/// A member of a form.
pub(super) fn member(form: &[u8], name: &str) -> Option<String> {
    let form = std::str::from_utf8(form).ok()?;
    let mut members = form.split('&').filter_map(|member| member.split_once('='));
    let (_, value) = members.find(|(known, _)| *known == name)?;
    let value = value.replace('+', " ");
    Some(percent_decode_str(&value).decode_utf8().ok()?.into_owned())
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_member_by_member() {
        let form = b"Action=GetRole&Version=2010-05-08&RoleName=a%2Bb%40c%3D.-_";
        assert_eq!(member(form, "RoleName").as_deref(), Some("a+b@c=.-_"));
        assert_eq!(member(form, "Action").as_deref(), Some("GetRole"));
        assert_eq!(
            (member(form, "Path"), member(b"\xff=", "Path"), member(b"a=%ff", "a")),
            (None, None, None)
        );
        assert_eq!(escaped("<a&b>"), "&lt;a&amp;b&gt;");
    }
}
