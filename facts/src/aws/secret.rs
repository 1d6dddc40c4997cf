//! A secret of Secrets Manager, by one request in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::fmt;
use std::str::FromStr;

use aws_config::SdkConfig;
use names::Arn;
use serde::Deserialize;

use super::signed::Signed;
use crate::call::{CallError, Operation};

/// The ARN of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretArn {
    arn: String,
    region: String,
}

/// A secret, by its address.
#[derive(Clone, Debug)]
pub struct Secret {
    secrets: Signed,
    arn: String,
}

/// Not `Debug`, because it has the secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    secret_string: Option<String>,
}

impl FromStr for SecretArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let secret = Arn::parse(text).filter(|it| it.service == "secretsmanager");
        let secret = secret.filter(|it| it.resource.starts_with("secret:"));
        let secret = secret.ok_or("it is not the ARN of a secret of Secrets Manager")?;
        Ok(Self { arn: text.to_owned(), region: secret.region.to_owned() })
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl Secret {
    /// The secret with this ARN, in the region that the ARN names.
    #[must_use]
    pub fn new(config: &SdkConfig, SecretArn { arn, region }: &SecretArn) -> Self {
        Self { secrets: Signed::in_region(config, "secretsmanager", region), arn: arn.clone() }
    }

    /// Its text. No error holds anything of it.
    ///
    /// # Errors
    /// [`CallError`] if the secret cannot be read, or holds bytes.
    pub async fn text(&self) -> Result<String, CallError> {
        const OPERATION: Operation = Operation::GET_SECRET_VALUE;
        let request = serde_json::json!({"SecretId": self.arn}).to_string();
        let target = "secretsmanager.GetSecretValue";
        let body = self.secrets.post_json(OPERATION, target, &request).await?;
        let value: Option<Value> = serde_json::from_str(&body).ok();
        value.and_then(|it| it.secret_string).ok_or(CallError::Malformed {
            operation: OPERATION,
            problem: "`SecretString` is missing",
        })
    }
}
