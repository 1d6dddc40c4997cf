//! The parts of the AWS Query protocol: members of a form, text in XML, and errors.

use axum::http::StatusCode;
use percent_encoding::percent_decode_str;

use crate::engine::{ApiError, ErrorCode};

/// An error reply.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
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
