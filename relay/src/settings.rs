//! What the function's environment says, apart from the rule.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use facts::aws::{QueueUrl, StateMachineArn};
use names::{AccountId, Arn, PipelineName};
use proof::PublicKey;
use serde::{Deserialize, Deserializer};

/// The variable with the settings.
const RELAY: &str = "RELAY";
/// How old an approval may be. A name of an execution is free again after 90 days (Step Functions
/// API, "StartExecution"), so older ones could be released twice.
const MAX_AGE_MINUTES: RangeInclusive<u32> = 1..=86_400;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Settings {
    /// The pipelines that may release here.
    #[serde(deserialize_with = "pipelines")]
    pub(crate) pipelines: BTreeMap<PipelineName, Pipeline>,
    /// The public half of the gate's key. Without it, only signed answers count.
    #[serde(default, deserialize_with = "optional")]
    pub(crate) key: Option<PublicKey>,
    /// How old a proof, and an approval that the relay reads itself, may be.
    #[serde(default = "an_hour", deserialize_with = "minutes")]
    pub(crate) max_age_minutes: u32,
    /// The state machine that releases.
    #[serde(deserialize_with = "text")]
    pub(crate) state_machine: StateMachineArn,
    /// The queue that goes back to CI.
    #[serde(deserialize_with = "text")]
    pub(crate) feedback_queue: QueueUrl,
}

/// A pipeline that may release here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pipeline {
    /// What its releases are for.
    #[serde(deserialize_with = "named")]
    pub(crate) environment: String,
    /// The account that it is in.
    pub(crate) account: AccountId,
    /// The role there that may read its executions, if requests without a proof are allowed.
    #[serde(default, deserialize_with = "optional")]
    pub(crate) role: Option<RoleArn>,
}

/// The ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn(pub(crate) String);

/// Why the settings cannot be used. It holds no value of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(
        "the environment variable {RELAY} is not set; write the relay's settings there, as JSON"
    )]
    Unset,
    #[error("the environment variable {RELAY} is not valid Unicode; set it again")]
    NotUnicode,
    #[error("the environment variable {RELAY} is wrong at `{at}`: {problem}")]
    Wrong { at: String, problem: String },
}

impl Settings {
    /// Reads `RELAY`.
    pub(crate) fn from_environment() -> Result<Self, SettingsError> {
        match std::env::var(RELAY) {
            Ok(json) => Self::parse(&json),
            Err(std::env::VarError::NotPresent) => Err(SettingsError::Unset),
            Err(std::env::VarError::NotUnicode(_)) => Err(SettingsError::NotUnicode),
        }
    }

    /// Reads the text of `RELAY`.
    pub(crate) fn parse(json: &str) -> Result<Self, SettingsError> {
        let mut json = serde_json::Deserializer::from_str(json);
        let read = serde_path_to_error::deserialize(&mut json);
        let settings: Self = read.map_err(|error| SettingsError::Wrong {
            at: error.path().to_string(),
            problem: error.inner().to_string(),
        })?;
        json.end().map_err(|error| SettingsError::Wrong {
            at: ".".to_owned(),
            problem: error.to_string(),
        })?;
        Ok(settings)
    }
}

impl std::str::FromStr for RoleArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let role = Arn::parse(text)
            .filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
        role.map(|_| Self(text.to_owned())).ok_or("it is not the ARN of a role")
    }
}

fn an_hour() -> u32 {
    60
}

fn minutes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let minutes = u32::deserialize(from)?;
    if MAX_AGE_MINUTES.contains(&minutes) {
        return Ok(minutes);
    }
    Err(serde::de::Error::custom("it must be 1 to 86400 minutes, 60 days"))
}

fn named<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name.is_empty() {
        return Err(serde::de::Error::custom("it is empty; name the environment"));
    }
    Ok(name)
}

fn pipelines<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<PipelineName, Pipeline>, D::Error> {
    let pipelines: BTreeMap<PipelineName, Pipeline> =
        serde_with::rust::maps_duplicate_key_is_error::deserialize(from)?;
    if pipelines.is_empty() {
        return Err(serde::de::Error::custom("it is empty, so nothing could be released"));
    }
    Ok(pipelines)
}

fn text<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn optional<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    text(from).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
";

    fn sound() -> Value {
        json!({
            "pipelines": {"payments": {
                "environment": "prod",
                "account": "111122223333",
                "role": "arn:aws:iam::111122223333:role/two-person-rule-read",
            }},
            "key": KEY,
            "maxAgeMinutes": 60,
            "stateMachine": "arn:aws:states:eu-west-1:444455556666:stateMachine:release",
            "feedbackQueue": "https://sqs.eu-west-1.amazonaws.com/444455556666/feedback.fifo",
        })
    }

    #[test]
    fn settings_are_read_and_most_have_no_default() {
        let all = Settings::parse(&sound().to_string()).unwrap();
        assert_eq!(all.pipelines["payments"].environment, "prod");
        assert!(all.key.is_some());
        let mut least = sound();
        for key in ["key", "maxAgeMinutes"] {
            least.as_object_mut().unwrap().remove(key);
        }
        let least = Settings::parse(&least.to_string()).unwrap();
        assert_eq!((least.key, least.max_age_minutes), (None, 60));
        for key in ["pipelines", "stateMachine", "feedbackQueue"] {
            let mut without = sound();
            without.as_object_mut().unwrap().remove(key);
            let error = Settings::parse(&without.to_string()).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{key}`")), "{error}");
        }
    }

    #[test]
    fn every_error_names_the_key() {
        for (pointer, wrong, at, told) in [
            ("/pipelines", json!({}), "pipelines", "it is empty"),
            ("/pipelines", json!({"a b": {}}), "pipelines", "the name of a pipeline"),
            (
                "/pipelines/payments/environment",
                json!(""),
                "pipelines.payments.environment",
                "it is empty",
            ),
            ("/pipelines/payments/account", json!("1"), "pipelines.payments.account", "12 digits"),
            (
                "/pipelines/payments/role",
                json!("deploy"),
                "pipelines.payments.role",
                "ARN of a role",
            ),
            (
                "/pipelines/payments",
                json!({"environments": "x"}),
                "pipelines.payments",
                "unknown field `environments`",
            ),
            ("/key", json!("MFkw"), "key", "public key of P-256"),
            ("/maxAgeMinutes", json!(0), "maxAgeMinutes", "1 to 86400"),
            ("/maxAgeMinutes", json!(129_600), "maxAgeMinutes", "1 to 86400"),
            ("/stateMachine", json!("release"), "stateMachine", "ARN of a state machine"),
            ("/feedbackQueue", json!("https://x/y"), "feedbackQueue", ".fifo"),
        ] {
            let mut settings = sound();
            *settings.pointer_mut(pointer).unwrap() = wrong;
            let error = Settings::parse(&settings.to_string()).unwrap_err().to_string();
            assert!(error.contains(&format!("is wrong at `{at}")), "{error}");
            assert!(error.contains(told), "{error}");
        }
        let mut unknown = sound();
        unknown["queue"] = json!("x");
        let error = Settings::parse(&unknown.to_string()).unwrap_err().to_string();
        assert!(error.contains("unknown field `queue`"), "{error}");
        let twice = sound().to_string().replacen(
            "\"payments\":",
            "\"payments\":{\"environment\":\"test\",\"account\":\"111122223333\"},\"payments\":",
            1,
        );
        assert!(Settings::parse(&twice).unwrap_err().to_string().contains("duplicate"));
        assert!(Settings::parse("{} {}").is_err());
    }
}
