//! The AWS Query protocol: a form in, XML out.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html>

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::https::Reply;
use crate::call::{CallError, Operation};

/// The characters that must be escaped in a form: all except letters, digits, `-`, `_` and `.`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A form of these members.
#[must_use]
pub fn form<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let escaped = |text| utf8_percent_encode(text, ESCAPED);
    let member = |(name, value)| format!("{name}={}", escaped(value));
    members.into_iter().map(member).collect::<Vec<_>>().join("&")
}

/// The code and the message of a reply that is an error.
pub(super) fn error(reply: &Reply) -> (String, String) {
    let field = |name| text_at(&reply.body, &["Error", name]);
    let code = field("Code").unwrap_or_else(|| "an unknown error".to_owned());
    (code, field("Message").unwrap_or_else(|| "without a message".to_owned()))
}

/// The error of a reply that is one.
#[must_use]
pub fn refusal(operation: Operation, reply: &Reply) -> CallError {
    let (code, message) = error(reply);
    // SNS has its own code for it (SNS API, "Common errors").
    let code = if code == "AuthorizationError" { "AccessDenied" } else { &code };
    CallError::of_service(operation, reply.status, code, message)
}

/// Whether a reply ends with the end of its root element.
pub(super) fn is_whole(xml: &str) -> bool {
    let mut document = match Document::try_from(xml.as_bytes()) {
        Ok(document) => document,
        Err(_) => return false,
    };
    let Ok(root) = document.root_element() else { return false };
    let (xml, name) = (xml.trim_end(), root.start_el().local());
    // An element without content ends where it begins.
    let is_empty = xml.ends_with("/>") && xml.matches('<').count() == 1;
    is_empty || xml.ends_with(&format!("</{name}>"))
}

/// The text of the element at a path below the root.
pub(super) fn text_at(xml: &str, path: &[&str]) -> Option<String> {
    let mut document = Document::try_from(xml.as_bytes()).ok()?;
    let mut root = document.root_element().ok()?;
    below(&mut root, path)
}

fn below(element: &mut ScopedDecoder<'_, '_>, path: &[&str]) -> Option<String> {
    let Some((name, rest)) = path.split_first() else {
        return try_data(element).ok().map(|text| text.into_owned());
    };
    while let Some(mut child) = element.next_tag() {
        if child.start_el().matches(name) {
            return below(&mut child, rest);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_and_errors_are_read() {
        let role = r#"<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/x/</Path>
            <Arn>arn:aws:iam::111122223333:role/x/A&amp;B</Arn><RoleName>A</RoleName></Role></GetRoleResult></GetRoleResponse>"#;
        assert_eq!(
            text_at(role, &["GetRoleResult", "Role", "Arn"]).as_deref(),
            Some("arn:aws:iam::111122223333:role/x/A&B")
        );
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>";
        assert_eq!(text_at(error, &["Error", "Code"]).as_deref(), Some("NoSuchEntity"));
        for nonsense in ["", "{}", "<a>", "<a/>", "<Error><Code>x</Code></Error>"] {
            assert_eq!(text_at(nonsense, &["Error", "Code"]), None, "{nonsense}");
        }
    }

    #[test]
    fn a_document_that_is_cut_anywhere_is_not_whole() {
        let whole = r#"<A xmlns="x"><A><B>b</B></A></A>"#;
        assert!(is_whole(whole) && is_whole(&format!("{whole}\n")) && is_whole("<A/>"));
        let cuts = (0..whole.len()).filter(|end| whole.get(..*end).is_some_and(is_whole));
        // Nobody can tell the end of an inner element with the root's name; AWS has none.
        assert_eq!(cuts.collect::<Vec<_>>(), [whole.len() - "</A>".len()]);
        assert!(!is_whole("{}") && !is_whole(r#"{"wrong":["reply"]}"#));
    }

    #[test]
    fn errors_are_sorted_by_their_code() {
        let sns = Operation::of("sns", "Publish");
        let reply = |status, code: &str| {
            let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
            refusal(sns, &Reply { status, body })
        };
        assert!(matches!(reply(403, "AuthorizationError"), CallError::AccessDenied { .. }));
        assert!(
            matches!(reply(404, "NotFound"), CallError::Refused { code, .. } if code == "NotFound")
        );
        assert!(matches!(reply(400, "Throttling"), CallError::Transient { .. }));
        assert!(matches!(
            refusal(sns, &Reply { status: 502, body: String::new() }),
            CallError::Transient { .. }
        ));
    }

    #[test]
    fn a_value_is_escaped_for_a_form() {
        let escaped = |value: &str| form([("RoleName", value)]);
        assert_eq!(escaped("AWSReservedSSO_a-1.b"), "RoleName=AWSReservedSSO_a-1.b");
        assert_eq!(escaped("a+=,@&é"), "RoleName=a%2B%3D%2C%40%26%C3%A9");
        assert_eq!(form([("A", "1"), ("B", "2")]), "A=1&B=2");
    }
}
