//! What the function's environment says, apart from the rule: where the forges are, and which
//! function is the gate. A person who can only edit pipelines cannot change it.

use std::str::FromStr;

use facts::aws::SecretArn;
use facts::is_safe_url;
use names::FunctionRef;
use serde::Deserialize;

use crate::forge::{GitHub, GitLab};

/// The variable that says where the forges are.
const FORGES: &str = "FORGES";
/// The variable that names the gate's function.
const GATE_FUNCTION: &str = "GATE_FUNCTION";
/// The name that the gate's function has unless somebody chooses another.
const USUAL_GATE: &str = "two-person-rule-gate";

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(crate) github: Option<Api>,
    pub(crate) gitlab: Option<Api>,
    /// Whether the function may ask CodeCommit and CloudTrail.
    pub(crate) codecommit: bool,
    pub(crate) gate: FunctionRef,
}

/// How a forge is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Api {
    /// The address of its REST API.
    pub(crate) api: String,
    /// The secret with the token.
    pub(crate) token: SecretArn,
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable is not Unicode.
    #[error("the environment variable {0} is not valid Unicode; set it again")]
    NotUnicode(&'static str),
    /// FORGES is missing.
    #[error(
        "the environment variable {FORGES} is not set; write {{\"github\": {{\"token\": \"ARN of a secret\"}}}} there"
    )]
    NoForges,
    /// FORGES is not what it should be.
    #[error("the environment variable {FORGES} is wrong: {0}")]
    Forges(String),
    /// GATE_FUNCTION does not name a function.
    #[error("the environment variable {GATE_FUNCTION} is wrong: {0}")]
    Gate(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgesFile {
    github: Option<ApiFile>,
    gitlab: Option<ApiFile>,
    codecommit: Option<Nothing>,
}

/// CodeCommit has no settings: it is where the pipeline is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiFile {
    api: Option<String>,
    token: String,
}

impl Settings {
    /// Reads `FORGES` and `GATE_FUNCTION`.
    ///
    /// # Errors
    /// [`SettingsError`] if one of them is wrong, or `FORGES` is missing.
    pub fn from_environment() -> Result<Self, SettingsError> {
        let variable = |name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(SettingsError::NotUnicode(name)),
        };
        let (forges, gate) = (variable(FORGES)?, variable(GATE_FUNCTION)?);
        Self::read(forges.as_deref(), gate.as_deref())
    }

    /// Reads the values of `FORGES` and `GATE_FUNCTION`.
    ///
    /// # Errors
    /// As [`Settings::from_environment`].
    pub fn read(forges: Option<&str>, gate: Option<&str>) -> Result<Self, SettingsError> {
        let wrong = |problem: serde_json::Error| SettingsError::Forges(problem.to_string());
        let forges = forges.ok_or(SettingsError::NoForges)?;
        let ForgesFile { github, gitlab, codecommit } =
            serde_json::from_str(forges).map_err(wrong)?;
        let gate = FunctionRef::from_str(gate.unwrap_or(USUAL_GATE));
        Ok(Self {
            github: github.map(|it| it.read("github", GitHub::API)).transpose()?,
            gitlab: gitlab.map(|it| it.read("gitlab", GitLab::API)).transpose()?,
            codecommit: codecommit.is_some(),
            gate: gate.map_err(|problem| SettingsError::Gate(problem.to_string()))?,
        })
    }
}

impl ApiFile {
    fn read(self, forge: &str, public: &str) -> Result<Api, SettingsError> {
        let wrong = |problem| SettingsError::Forges(problem);
        let api = self.api.unwrap_or_else(|| public.to_owned());
        let api = api.trim_end_matches('/').to_owned();
        if !is_safe_url(&api) {
            return Err(wrong(format!(
                "`{forge}.api` must begin with https://, because the token is sent there"
            )));
        }
        let token = self.token.parse();
        // It may be the token itself, so it is not quoted.
        let token = token.map_err(|problem| wrong(format!("`{forge}.token`: {problem}")))?;
        Ok(Api { api, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-token-AbCdEf";

    fn forges(github: &str) -> Result<Settings, SettingsError> {
        Settings::read(Some(&format!(r#"{{"github": {github}}}"#)), None)
    }

    #[test]
    fn a_forge_has_an_address_and_a_secret() {
        let found = forges(&format!(r#"{{"token": "{TOKEN}"}}"#)).unwrap();
        assert_eq!(found.github.unwrap().api, "https://api.github.com");
        assert_eq!(found.gate.name(), "two-person-rule-gate");
        let api = "http://127.0.0.1:8000/api/v3";
        let found = forges(&format!(r#"{{"api": "{api}", "token": "{TOKEN}"}}"#)).unwrap();
        assert_eq!(found.github.unwrap().api, api);
    }

    #[test]
    fn what_is_wrong_is_named_and_a_token_is_never_quoted() {
        for (github, told) in [
            (r#"{"token": "ghp_s3cret"}"#, "`github.token`: it is not the ARN"),
            (r#"{"tokn": "ghp_s3cret"}"#, "unknown field `tokn`"),
            ("{}", "missing field `token`"),
            (&format!(r#"{{"token": "{TOKEN}", "token": "{TOKEN}"}}"#), "duplicate field"),
            (&format!(r#"{{"api": "http://ghe.example", "token": "{TOKEN}"}}"#), "https://"),
        ] {
            let problem = forges(github).unwrap_err().to_string();
            assert!(problem.contains(told) && !problem.contains("s3cret"), "{problem}");
            assert!(problem.starts_with("the environment variable FORGES is wrong"), "{problem}");
        }
        assert!(Settings::read(Some(r#"{"githb": {}}"#), None).is_err());
        assert_eq!(Settings::read(None, None), Err(SettingsError::NoForges));
        let gate = Settings::read(Some("{}"), Some("two person")).unwrap_err().to_string();
        assert!(gate.starts_with("the environment variable GATE_FUNCTION is wrong"), "{gate}");
    }
}
