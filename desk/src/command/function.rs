//! `desk` as a Lambda function: the package's `bootstrap`, started without arguments.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::ffi::OsString;

use facts::Floor;
use names::{NameError, PipelineGlob};

use super::front::{self, FrontError};
use super::serve::COOKIE_KEY;
use crate::aws::{Connection, Live, RoleArn};
use crate::exit::Exit;
use crate::rule_source::RuleFile;
use crate::web::{Front, Seal, SealError, Web, router, serve_function};

/// The beginning of the desk's own variables.
const PREFIX: &str = "DESK_";
/// The role that answers are given with.
const ROLE: &str = "DESK_ROLE";
/// The pipelines to show.
const PIPELINES: &str = "DESK_PIPELINES";
/// Where Lambda's Runtime API is.
const RUNTIME: &str = "AWS_LAMBDA_RUNTIME_API";

/// What the environment says, apart from the rule.
#[derive(Debug)]
struct Settings {
    seal: Seal,
    role: RoleArn,
    pipelines: Option<PipelineGlob>,
    front: Option<Front>,
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
enum SettingsError {
    #[error("{0} is not set: the desk runs inside AWS Lambda, or as `desk serve`")]
    NotLambda(&'static str),
    #[error(
        "{COOKIE_KEY} is not set, and instances of a function need one key for their cookies; \
             make one with `openssl rand -hex 32`"
    )]
    NoKey,
    #[error(transparent)]
    Key(SealError),
    #[error("{ROLE} is not set; set it to the ARN of the role that answers are given with")]
    NoRole,
    #[error(
        "{ROLE} is not the ARN of a role; set it to that of the role that answers are given with"
    )]
    Role,
    #[error("{PIPELINES}: {0}")]
    Pipelines(NameError),
    #[error(
        "the environment variable {0} is not one of the desk's, which are {COOKIE_KEY}, {ROLE}, \
             {PIPELINES} and {SETTINGS}; correct its name, or remove it",
        SETTINGS = front::SETTINGS.join(", ")
    )]
    Unknown(String),
    #[error(transparent)]
    Front(FrontError),
    #[error("{0} is not valid Unicode; set it again")]
    NotUnicode(&'static str),
}

/// Whether this process was started by Lambda.
pub(crate) fn is_wanted() -> bool {
    env::args_os().len() <= 1 && env::var_os(RUNTIME).is_some()
}

pub(crate) async fn run() -> Result<Exit, Box<dyn Error>> {
    if let Some(missing) = facts::missing_variable() {
        return Err(SettingsError::NotLambda(missing).into());
    }
    let Settings { seal, role, pipelines, front } = Settings::of(&env::vars_os().collect())?;
    let (rule, json) = Floor::from_environment().into_written()?;
    let ports = Live::new(Connection::default().open().await?, Some(role));
    let glob = pipelines.as_deref().map(str::to_owned);
    let web = Web::new(ports, RuleFile { rule, json }, seal, glob, front)?;
    serve_function(router(web)).await.map_err(|error| -> Box<dyn Error> { error })?;
    Ok(Exit::Done)
}

impl Settings {
    fn of(environment: &BTreeMap<OsString, OsString>) -> Result<Self, SettingsError> {
        const KNOWN: [&str; 3] = [COOKIE_KEY, ROLE, PIPELINES];
        let names = environment.keys().map(|name| name.to_string_lossy());
        let mut ours = names.filter(|name| name.starts_with(PREFIX));
        let known = || KNOWN.iter().chain(&front::SETTINGS);
        if let Some(unknown) = ours.find(|name| !known().any(|it| it == name)) {
            return Err(SettingsError::Unknown(unknown.into_owned()));
        }
        let get = |name: &'static str| match environment.get(&OsString::from(name)) {
            Some(value) => value.to_str().map(Some).ok_or(SettingsError::NotUnicode(name)),
            None => Ok(None),
        };
        front::SETTINGS.into_iter().try_for_each(|name| get(name).map(drop))?;
        let front = front::front(|name| get(name).ok().flatten()).map_err(SettingsError::Front)?;
        let key = get(COOKIE_KEY)?.ok_or(SettingsError::NoKey)?;
        let role = get(ROLE)?.ok_or(SettingsError::NoRole)?;
        let pipelines = get(PIPELINES)?.map(str::parse).transpose();
        Ok(Self {
            seal: Seal::of_text(key).map_err(SettingsError::Key)?,
            role: role.parse().map_err(|_| SettingsError::Role)?,
            pipelines: pipelines.map_err(SettingsError::Pipelines)?,
            front,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: [(&str, &str); 2] = [
        (COOKIE_KEY, "0123456789abcdef0123456789abcdef"),
        (ROLE, "arn:aws:iam::111122223333:role/TwoPersonRule-Desk-Answer"),
    ];

    fn with(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let all = SOUND.iter().chain(changes);
        let set: BTreeMap<OsString, OsString> =
            all.map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Settings::of(&set.into_iter().filter(|(_, value)| value != "unset").collect())
    }

    #[test]
    fn a_function_needs_a_key_for_cookies_and_a_role_to_answer_with() {
        assert!(with(&[]).is_ok_and(|it| it.pipelines.is_none()));
        assert!(with(&[(PIPELINES, "team-*")]).is_ok_and(|it| it.pipelines.is_some()));
        assert!(with(&[("HOME", "/root")]).is_ok());
        let refused = |name, value| with(&[(name, value)]).unwrap_err();
        assert!(matches!(refused(COOKIE_KEY, "unset"), SettingsError::NoKey));
        assert!(matches!(refused(COOKIE_KEY, "short"), SettingsError::Key(SealError::Short)));
        assert!(matches!(refused(ROLE, "unset"), SettingsError::NoRole));
        assert!(matches!(refused(ROLE, ""), SettingsError::Role));
        assert!(matches!(refused(PIPELINES, "a b"), SettingsError::Pipelines(_)));
        assert!(
            matches!(refused("DESK_PIPELINE", "a"), SettingsError::Unknown(name) if name == "DESK_PIPELINE")
        );
    }

    #[test]
    fn no_message_has_the_key() {
        for (name, value) in [(COOKIE_KEY, "secret"), (ROLE, "secret")] {
            let error = with(&[(name, value)]).unwrap_err();
            assert!(
                !error.to_string().contains("secret") && !format!("{error:?}").contains("secret")
            );
        }
        assert!(!format!("{:?}", with(&[]).unwrap()).contains("0123456789abcdef"));
    }
}
