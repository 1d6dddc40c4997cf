//! The rule's `proof`: with which key the gate signs a proof of each release, and where it goes.

use jiff::SignedDuration;
use names::{ExecutionId, KmsKeyArn, NameError, Object, PipelineName, S3Uri};
use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::strict::{WholeNumber, present};

/// How long a proof is valid if the rule does not say: a day.
const VALID_MINUTES: u32 = 1440;
/// The longest that it may be valid: a year.
const VALID_MINUTES_LIMIT: u32 = 525_600;

names::checked_text!(
    /// What a release is for: `prod`.
    pub Environment,
    "an environment: 1 to 64 of A-Z a-z 0-9 . _ -",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    }
);

/// The value of `proof`, in the rule and in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofSettings {
    key: KmsKeyArn,
    store: S3Uri,
    environment: Option<Environment>,
    valid_minutes: u32,
}

/// With which key the gate signs a proof of each release, and where it goes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Proof"))]
pub(crate) struct ProofFile {
    /// The ARN of the KMS key that signs proofs, not of an alias.
    #[cfg_attr(feature = "schema", schemars(with = "KmsKeyArn"))]
    key: String,
    /// Where proofs are stored: `s3://bucket` or `s3://bucket/prefix`.
    #[cfg_attr(feature = "schema", schemars(with = "S3Uri"))]
    store: String,
    /// What the releases are for.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Environment>"))]
    environment: Option<String>,
    /// How long a proof is valid, in minutes: at most a year.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(range(min = 1, max = VALID_MINUTES_LIMIT), extend("default" = VALID_MINUTES))
    )]
    valid_minutes: Option<WholeNumber>,
}

impl ProofSettings {
    pub(crate) fn parse(Object(file): &Object<ProofFile>) -> Result<Self, RuleError> {
        let wrong =
            |field: &str, problem: String| RuleError::value(format!("proof.{field}"), problem);
        let name = |field: &'static str| move |error: NameError| wrong(field, error.to_string());
        let environment = file.environment.as_deref().map(str::parse).transpose();
        let valid_minutes =
            file.valid_minutes.map_or(VALID_MINUTES, |WholeNumber(minutes)| minutes);
        if !(1..=VALID_MINUTES_LIMIT).contains(&valid_minutes) {
            let problem = format!(
                "{valid_minutes} is not how long a proof can be valid: 1 to {VALID_MINUTES_LIMIT} \
                 minutes, which is a year"
            );
            return Err(wrong("validMinutes", problem));
        }
        Ok(Self {
            key: file.key.parse().map_err(name("key"))?,
            store: file.store.parse().map_err(name("store"))?,
            environment: environment.map_err(name("environment"))?,
            valid_minutes,
        })
    }

    /// The key of KMS that signs proofs.
    #[must_use]
    pub fn key(&self) -> &KmsKeyArn {
        &self.key
    }

    /// The place for proofs.
    #[must_use]
    pub fn store(&self) -> &S3Uri {
        &self.store
    }

    /// Where the proof of an execution is stored: `STORE/PIPELINE/EXECUTION.json`. Returns `None`
    /// if the names are not names of a pipeline and an execution, or the key would be too long.
    #[must_use]
    pub fn object(&self, pipeline: &str, execution_id: &str) -> Option<S3Uri> {
        let are_names = PipelineName::is_valid(pipeline) && ExecutionId::is_valid(execution_id);
        self.store.join(&format!("{pipeline}/{execution_id}.json")).filter(|_| are_names)
    }

    /// What the releases are for.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// How long a proof is valid.
    #[must_use]
    pub fn valid(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.valid_minutes))
    }

    pub(crate) fn valid_minutes(&self) -> u32 {
        self.valid_minutes
    }
}
