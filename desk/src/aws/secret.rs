//! A secret of Secrets Manager, by one request in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::str::FromStr;

use aws_config::SdkConfig;
use facts::aws::Signed;
use facts::{CallError, Operation};
use names::Arn;
use serde::Deserialize;
use serde_json::json;

use super::endpoint::service;
use super::missing;
use crate::notify::Webhook;

const GET_SECRET_VALUE: Operation = Operation::of("secretsmanager", "GetSecretValue");

/// The ARN of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretArn {
    arn: String,
    region: String,
}

/// A secret, by its address.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    secrets: Signed,
    arn: String,
}

/// Not `Debug`, because it has the secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    secret_string: Option<String>,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "__type")]
    code: Option<String>,
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

impl Secret {
    pub(super) fn new(config: &SdkConfig, SecretArn { arn, region }: &SecretArn) -> Self {
        Self { secrets: service(config, "secretsmanager", region), arn: arn.clone() }
    }

    /// The webhooks that the secret holds. No error holds anything of it.
    pub(super) async fn webhooks(&self) -> Result<Vec<Webhook>, CallError> {
        let request = json!({"SecretId": self.arn}).to_string();
        let target = "secretsmanager.GetSecretValue";
        let reply = self.secrets.post_json(GET_SECRET_VALUE, target, &request).await?;
        if reply.status != 200 {
            let Problem { message, code } = serde_json::from_str(&reply.body).unwrap_or_default();
            let code = code.unwrap_or_else(|| format!("status {}", reply.status));
            let code = code.rsplit('#').next().unwrap_or(&code);
            let message = message.unwrap_or_else(|| "without a message".to_owned());
            return Err(CallError::of_service(GET_SECRET_VALUE, reply.status, code, message));
        }
        let value: Option<Value> = serde_json::from_str(&reply.body).ok();
        let text = value.and_then(|it| it.secret_string);
        let text = text.ok_or(missing(GET_SECRET_VALUE, "`SecretString` is missing"))?;
        Webhook::of_secret(&text).map_err(|problem| missing(GET_SECRET_VALUE, problem))
    }
}
