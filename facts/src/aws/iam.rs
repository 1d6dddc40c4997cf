//! One call to IAM, GetRole, in the AWS Query protocol.

use aws_config::SdkConfig;
use aws_smithy_xml::decode::{Document, try_data};
use names::Partition;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::signed::Signed;
use crate::call::{CallError, Operation};
use crate::port::Roles;

const OPERATION: Operation = Operation::GET_ROLE;

/// The characters that must be escaped in a form: all except letters, digits, `-`, `_` and `.`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// IAM, for the one question about roles.
#[derive(Clone, Debug)]
pub struct Iam(Signed);

impl Iam {
    /// IAM in the partition of the configured region, or at the configured `endpoint_url`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let (endpoint, region) = global_endpoint(config.region().map_or("", AsRef::as_ref));
        Self(Signed::new(config, "iam", region, endpoint))
    }
}

impl Roles for Iam {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        let role = utf8_percent_encode(role, ESCAPED);
        let form = format!("Action=GetRole&Version=2010-05-08&RoleName={role}");
        let reply = self.0.post(OPERATION, &form).await?;
        if reply.status == 200 {
            let arn = at(&reply.body, &["GetRoleResult", "Role", "Arn"]);
            return arn.map(Some).ok_or(CallError::Malformed {
                operation: OPERATION,
                problem: "the role's `Arn` is missing",
            });
        }
        let error = |field| at(&reply.body, &["Error", field]);
        let code = error("Code").unwrap_or_else(|| "an unknown error".to_owned());
        match code.as_str() {
            // The gate's role may only see roles under the reserved path, so for a role that merely
            // has a similar name, IAM denies access.
            "AccessDenied" | "AccessDeniedException" | "NoSuchEntity" => Ok(None),
            _ => {
                let message = error("Message").unwrap_or_else(|| "without a message".to_owned());
                Err(CallError::of_service(OPERATION, reply.status, &code, message))
            }
        }
    }
}

/// IAM's endpoint and signing region for the partition of a region (`iam` in AWS's endpoint rule
/// set).
fn global_endpoint(region: &str) -> (&'static str, &'static str) {
    match Partition::from_region(region) {
        Some(Partition::AwsCn) => ("https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        Some(Partition::AwsUsGov) => ("https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
        Some(Partition::AwsIso) => ("https://iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        Some(Partition::AwsIsoB) => ("https://iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        Some(Partition::AwsIsoE) => ("https://iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        Some(Partition::AwsIsoF) => {
            ("https://iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1")
        }
        Some(Partition::AwsEusc) => ("https://iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        Some(Partition::Aws) | None => ("https://iam.amazonaws.com", "us-east-1"),
    }
}

/// The text of the element at a path below the root.
fn at(xml: &str, path: &[&str]) -> Option<String> {
    let mut document = Document::try_from(xml.as_bytes()).ok()?;
    let mut root = document.root_element().ok()?;
    text_at(&mut root, path)
}

fn text_at(
    element: &mut aws_smithy_xml::decode::ScopedDecoder<'_, '_>,
    path: &[&str],
) -> Option<String> {
    let Some((name, rest)) = path.split_first() else {
        return try_data(element).ok().map(|text| text.into_owned());
    };
    while let Some(mut child) = element.next_tag() {
        if child.start_el().matches(name) {
            return text_at(&mut child, rest);
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
            at(role, &["GetRoleResult", "Role", "Arn"]).as_deref(),
            Some("arn:aws:iam::111122223333:role/x/A&B")
        );
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>";
        assert_eq!(at(error, &["Error", "Code"]).as_deref(), Some("NoSuchEntity"));
        for nonsense in ["", "{}", "<a>", "<a/>", "<Error><Code>x</Code></Error>"] {
            assert_eq!(at(nonsense, &["Error", "Code"]), None, "{nonsense}");
        }
    }

    #[test]
    fn each_partition_has_its_iam() {
        assert_eq!(global_endpoint("eu-west-1"), ("https://iam.amazonaws.com", "us-east-1"));
        assert_eq!(global_endpoint(""), ("https://iam.amazonaws.com", "us-east-1"));
        assert_eq!(global_endpoint("cn-northwest-1").1, "cn-north-1");
        assert_eq!(global_endpoint("us-gov-east-1").1, "us-gov-west-1");
        assert_eq!(global_endpoint("us-isob-east-1").1, "us-isob-east-1");
    }

    #[test]
    fn a_name_is_escaped_for_a_form() {
        let escape = |name: &str| utf8_percent_encode(name, ESCAPED).to_string();
        assert_eq!(escape("AWSReservedSSO_a-1.b"), "AWSReservedSSO_a-1.b");
        assert_eq!(escape("a+=,@&é"), "a%2B%3D%2C%40%26%C3%A9");
    }
}
