//! Another role's credentials, by one request in the AWS Query protocol.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::query::{form, refusal, text_at};
use super::signed::Signed;
use crate::call::{CallError, Operation};

const OPERATION: Operation = Operation::of("sts", "AssumeRole");
/// How long the credentials are good, in seconds: the least that STS gives.
const SECONDS: &str = "900";

/// The same configuration with the credentials of a role, by its ARN. They are good for 15 minutes.
///
/// # Errors
/// [`CallError`] if the role may not be assumed.
pub async fn assumed(
    config: &SdkConfig,
    role: &str,
    session: &str,
) -> Result<SdkConfig, CallError> {
    let sts = Signed::in_region(config, "sts", config.region().map_or("", AsRef::as_ref));
    let form = form([
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", session),
        ("DurationSeconds", SECONDS),
    ]);
    let reply = sts.post(OPERATION, &form).await?;
    if reply.status != 200 {
        return Err(refusal(OPERATION, &reply));
    }
    let field = |name| {
        let text = text_at(&reply.body, &["AssumeRoleResult", "Credentials", name]);
        text.ok_or(CallError::Malformed {
            operation: OPERATION,
            problem: "`Credentials` are missing",
        })
    };
    let (id, secret) = (field("AccessKeyId")?, field("SecretAccessKey")?);
    let keys = Credentials::new(id, secret, Some(field("SessionToken")?), None, "AssumeRole");
    let keys = SharedCredentialsProvider::new(keys);
    Ok(config.to_builder().credentials_provider(keys).build())
}
