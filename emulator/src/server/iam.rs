//! The one operation of IAM that the gate needs: GetRole, for the path of a role that a rule trusts
//! by a pattern.
//!
//! The AWS Query protocol: a form as the request, XML as the reply.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::shared::Shared;
use crate::engine::{ApiError, ErrorCode};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// An error reply of IAM.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

/// Answers a call of IAM.
pub(super) fn answer(shared: &Shared, caller: Result<&str, ApiError>, body: &[u8]) -> Response {
    let id = Uuid::new_v4().to_string();
    let (status, xml) = match role(shared, caller, body) {
        Ok(role) => {
            let metadata =
                format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>");
            let result = format!("<GetRoleResult>{role}</GetRoleResult>{metadata}");
            (
                StatusCode::OK,
                format!(r#"<GetRoleResponse xmlns="{NAMESPACE}">{result}</GetRoleResponse>"#),
            )
        }
        Err(refusal) => {
            let (code, message) = (refusal.code, escaped(&refusal.message));
            let error = format!(
                "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            );
            let xml = format!(
                r#"<ErrorResponse xmlns="{NAMESPACE}">{error}<RequestId>{id}</RequestId></ErrorResponse>"#
            );
            (refusal.status, xml)
        }
    };
    let headers =
        [(header::CONTENT_TYPE.as_str(), "text/xml".to_owned()), ("x-amzn-requestid", id)];
    (status, headers, xml).into_response()
}

fn role(shared: &Shared, caller: Result<&str, ApiError>, body: &[u8]) -> Result<String, Refusal> {
    let caller = caller.map_err(Refusal::from)?;
    let member = |name: &str| member(body, name);
    let action = member("Action").unwrap_or_default();
    if action != "GetRole" {
        return Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidAction",
            message: format!("The emulator does not serve the operation '{action}' of IAM"),
        });
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let name =
        member("RoleName").filter(|name| (1..=64).contains(&name.len()) && name.chars().all(plain));
    let name = name.ok_or_else(|| Refusal {
        status: StatusCode::BAD_REQUEST,
        code: "ValidationError",
        message:
            "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the \
                  following: +=,.@_-"
                .to_owned(),
    })?;
    let found = shared.role(&name, caller);
    tracing::info!(
        operation = "iam:GetRole",
        caller,
        role = name,
        found = matches!(found, Ok(Some(_))),
        "answered"
    );
    let (arn, id) = found?.ok_or_else(|| Refusal {
        status: StatusCode::NOT_FOUND,
        code: "NoSuchEntity",
        message: format!("The role with name {name} cannot be found."),
    })?;
    let path = arn.split_once(":role").map_or("/", |(_, path)| path);
    let path = path.rsplit_once('/').map_or("", |(path, _)| path);
    let [path, arn, id] = [&format!("{path}/"), &arn, &id].map(|text| escaped(text));
    // A snapshot has the creation date of a role, but the account that is read from it does not.
    let created = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";
    Ok(format!(
        "<Role><Path>{path}</Path><RoleName>{name}</RoleName><RoleId>{id}</RoleId><Arn>{arn}</Arn>{created}</Role>"
    ))
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
fn member(form: &[u8], name: &str) -> Option<String> {
    let form = std::str::from_utf8(form).ok()?;
    let mut members = form.split('&').filter_map(|member| member.split_once('='));
    let (_, value) = members.find(|(known, _)| *known == name)?;
    let value = value.replace('+', " ");
    Some(percent_decode_str(&value).decode_utf8().ok()?.into_owned())
}

fn escaped(text: &str) -> String {
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
