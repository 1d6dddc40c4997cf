//! One call to IAM, GetRole, in the AWS Query protocol.

use aws_config::SdkConfig;
use names::Partition;

use super::query::{error, form, refusal, text_at};
use super::signed::Signed;
use crate::call::{CallError, Operation};
use crate::port::Roles;

const OPERATION: Operation = Operation::GET_ROLE;

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
        let form = form([("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", role)]);
        let reply = self.0.post(OPERATION, &form).await?;
        if reply.status == 200 {
            let arn = text_at(&reply.body, &["GetRoleResult", "Role", "Arn"]);
            return arn.map(Some).ok_or(CallError::Malformed {
                operation: OPERATION,
                problem: "the role's `Arn` is missing",
            });
        }
        match error(&reply).0.as_str() {
            // The gate's role may only see roles under the reserved path, so for a role that merely
            // has a similar name, IAM denies access.
            "AccessDenied" | "AccessDeniedException" | "NoSuchEntity" => Ok(None),
            _ => Err(refusal(OPERATION, &reply)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_iam() {
        assert_eq!(global_endpoint("eu-west-1"), ("https://iam.amazonaws.com", "us-east-1"));
        assert_eq!(global_endpoint(""), ("https://iam.amazonaws.com", "us-east-1"));
        assert_eq!(global_endpoint("cn-northwest-1").1, "cn-north-1");
        assert_eq!(global_endpoint("us-gov-east-1").1, "us-gov-west-1");
        assert_eq!(global_endpoint("us-isob-east-1").1, "us-isob-east-1");
    }
}
