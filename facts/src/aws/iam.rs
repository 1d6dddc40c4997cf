//! One call to IAM, GetRole, in the AWS Query protocol, signed by the SDK's signer. The SDK of IAM
//! would take a minute to build for this one call.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_xml::decode::{Document, try_data};
use names::Partition;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::is_throttling;
use crate::call::{CallError, Operation};
use crate::port::Roles;

const OPERATION: Operation = Operation::GetRole;

/// The characters that must be escaped in a form: all except letters, digits, `-`, `_` and `.`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// IAM, for the one call that the gate makes.
#[derive(Clone, Debug)]
pub struct Iam {
    endpoint: String,
    region: &'static str,
    credentials: Option<SharedCredentialsProvider>,
    connector: SharedHttpConnector,
}

impl Iam {
    /// IAM in the partition of the function, or at the configured `endpoint_url`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let (endpoint, region) = global_endpoint(config.region().map_or("", AsRef::as_ref));
        let connector =
            Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        Self {
            endpoint: config.endpoint_url().unwrap_or(endpoint).trim_end_matches('/').to_owned(),
            region,
            credentials: config.credentials_provider(),
            connector: SharedHttpConnector::new(connector),
        }
    }

    async fn signed(&self, body: String) -> Option<HttpRequest> {
        let url = format!("{}/", self.endpoint);
        let identity = self.credentials.as_ref()?.provide_credentials().await.ok()?.into();
        let mut request = Request::new(SdkBody::from(body.as_str()));
        request.set_method("POST").ok()?;
        request.set_uri(url.as_str()).ok()?;
        const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
        request.headers_mut().insert("content-type", FORM);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("iam")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let headers = std::iter::once(("content-type", FORM));
        let signable =
            SignableRequest::new("POST", url, headers, SignableBody::Bytes(body.as_bytes()))
                .ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut request = request.try_into_http1x().ok()?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}

impl Roles for Iam {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        let transient = |problem: &str| CallError::Transient {
            operation: OPERATION,
            problem: problem.to_owned(),
        };
        let role = utf8_percent_encode(role, ESCAPED);
        let body = format!("Action=GetRole&Version=2010-05-08&RoleName={role}");
        let request = self.signed(body).await.ok_or_else(|| CallError::Refused {
            operation: OPERATION,
            code: "no request".to_owned(),
            message: "the request could not be signed; are the function's credentials there?"
                .to_owned(),
        })?;
        let reply = self
            .connector
            .call(request)
            .await
            .map_err(|_| transient("the request could not be sent"))?;
        let status = reply.status().as_u16();
        let body = ByteStream::new(reply.into_body()).collect().await;
        let body = body.map_err(|_| transient("the reply could not be read"))?.into_bytes();
        let text = std::str::from_utf8(&body).unwrap_or_default();
        if status == 200 {
            let arn = at(text, &["GetRoleResult", "Role", "Arn"]);
            return arn.map(Some).ok_or(CallError::Malformed {
                operation: OPERATION,
                problem: "the role's `Arn` is missing",
            });
        }
        let code = at(text, &["Error", "Code"]).unwrap_or_else(|| "an unknown error".to_owned());
        match code.as_str() {
            // The gate's role may only see roles under the reserved path, so for a role that merely
            // has a similar name, IAM denies access.
            "AccessDenied" | "AccessDeniedException" | "NoSuchEntity" => Ok(None),
            _ if status >= 500 || status == 429 || is_throttling(&code) => Err(transient(&code)),
            _ => Err(CallError::Refused {
                operation: OPERATION,
                message: at(text, &["Error", "Message"])
                    .unwrap_or_else(|| "without a message".to_owned()),
                code,
            }),
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
