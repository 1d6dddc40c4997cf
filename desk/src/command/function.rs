//! `desk` as a Lambda function: the package's `bootstrap`, started without arguments.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::ffi::OsString;

use facts::Floor;
use names::{NameError, PipelineGlob};

use super::front::{self, FrontError};
use super::notify;
use super::serve::COOKIE_KEY;
use crate::aws::{Connection, Live, LiveWays, RoleArn, TopicArn};
use crate::exit::Exit;
use crate::rule_source::RuleFile;
use crate::web::{Front, Seal, SealError, Web, router, serve_function};

/// The beginning of the desk's own variables.
const PREFIX: &str = "DESK_";
/// Which of the two functions this is: `web`, the default, or `notify`.
const TASK: &str = "DESK_TASK";
/// The role that answers are given with.
const ROLE: &str = "DESK_ROLE";
/// The pipelines to show, or to watch.
const PIPELINES: &str = "DESK_PIPELINES";
/// The topic of SNS that sends mails.
const TOPIC: &str = "DESK_TOPIC";
/// The secret with the addresses of chats.
const WEBHOOKS: &str = "DESK_WEBHOOKS";
/// Where Lambda's Runtime API is.
const RUNTIME: &str = "AWS_LAMBDA_RUNTIME_API";

/// What the environment says, apart from the rule.
#[derive(Debug)]
enum Settings {
    Web {
        seal: Seal,
        role: RoleArn,
        pipelines: Option<PipelineGlob>,
        topic: Option<TopicArn>,
        front: Option<Box<Front>>,
    },
    Notify(notify::Settings),
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
    #[error("{name}: {problem}")]
    Arn { name: &'static str, problem: &'static str },
    #[error("{TASK} is neither `web` nor `notify`; correct it, or remove it for the web app")]
    Task,
    #[error(
        "neither {TOPIC} nor {WEBHOOKS} is set, so nobody could be told; set one to the ARN of a \
             topic, or of a secret with webhooks"
    )]
    NoWay,
    #[error(
        "the environment variable {name} is not one of the desk's, which are {known}; correct its \
             name, or remove it"
    )]
    Unknown { name: String, known: String },
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
    let settings = Settings::of(&env::vars_os().collect())?;
    let (rule, json) = Floor::from_environment().into_written()?;
    let file = RuleFile { rule, json };
    let (seal, role, pipelines, topic, front) = match settings {
        Settings::Notify(settings) => return notify::serve(settings, file).await,
        Settings::Web { seal, role, pipelines, topic, front } => {
            (seal, role, pipelines, topic, front)
        }
    };
    let connection = Connection::default();
    let ways = LiveWays::open(&connection, topic.as_ref(), None).await?;
    let ports = Live::new(connection.open().await?, Some(role)).with_ways(ways);
    let glob = pipelines.as_deref().map(str::to_owned);
    let web = Web::new(ports, file, seal, glob, front.map(|front| *front))?;
    serve_function(router(web)).await.map_err(|error| -> Box<dyn Error> { error })?;
    Ok(Exit::Done)
}

impl Settings {
    fn of(environment: &BTreeMap<OsString, OsString>) -> Result<Self, SettingsError> {
        let get = |name: &'static str| match environment.get(&OsString::from(name)) {
            Some(value) => value.to_str().map(Some).ok_or(SettingsError::NotUnicode(name)),
            None => Ok(None),
        };
        let notifies = match get(TASK)? {
            Some("notify") => true,
            Some("web") | None => false,
            Some(_) => return Err(SettingsError::Task),
        };
        let known: &[&str] = match notifies {
            true => &[TASK, ROLE, PIPELINES, TOPIC, WEBHOOKS],
            false => &[TASK, ROLE, PIPELINES, TOPIC, COOKIE_KEY],
        };
        let known = match notifies {
            true => known.to_vec(),
            false => [known, &front::SETTINGS].concat(),
        };
        let names = environment.keys().map(|name| name.to_string_lossy());
        let mut ours = names.filter(|name| name.starts_with(PREFIX));
        if let Some(unknown) = ours.find(|name| !known.contains(&name.as_ref())) {
            let known = listed(&known);
            return Err(SettingsError::Unknown { name: unknown.into_owned(), known });
        }
        let pipelines = get(PIPELINES)?.map(str::parse).transpose();
        let pipelines = pipelines.map_err(SettingsError::Pipelines)?;
        let topic = get(TOPIC)?.map(str::parse).transpose();
        let topic = topic.map_err(|problem| SettingsError::Arn { name: TOPIC, problem })?;
        let role = || {
            let role = get(ROLE)?.ok_or(SettingsError::NoRole)?;
            role.parse().map_err(|_| SettingsError::Role)
        };
        if notifies {
            let secret = get(WEBHOOKS)?.map(str::parse).transpose();
            let secret =
                secret.map_err(|problem| SettingsError::Arn { name: WEBHOOKS, problem })?;
            if topic.is_none() && secret.is_none() {
                return Err(SettingsError::NoWay);
            }
            let settings = notify::Settings { role: role()?, pipelines, topic, secret };
            return Ok(Self::Notify(settings));
        }
        let key = get(COOKIE_KEY)?.ok_or(SettingsError::NoKey)?;
        let seal = Seal::of_text(key).map_err(SettingsError::Key)?;
        front::SETTINGS.into_iter().try_for_each(|name| get(name).map(drop))?;
        let front = front::front(|name| get(name).ok().flatten()).map_err(SettingsError::Front)?;
        Ok(Self::Web { seal, role: role()?, pipelines, topic, front: front.map(Box::new) })
    }
}

fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: [(&str, &str); 2] = [
        (COOKIE_KEY, "0123456789abcdef0123456789abcdef"),
        (ROLE, "arn:aws:iam::111122223333:role/TwoPersonRule-Desk-Answer"),
    ];
    const MAILS: (&str, &str) = (TOPIC, "arn:aws:sns:eu-west-1:111122223333:desk");
    const SECRET: (&str, &str) =
        (WEBHOOKS, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:desk-a1b2c3");

    fn with(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let all = SOUND.iter().chain(changes);
        let set: BTreeMap<OsString, OsString> =
            all.map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Settings::of(&set.into_iter().filter(|(_, value)| value != "unset").collect())
    }

    fn notifying(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let own = [(TASK, "notify"), (COOKIE_KEY, "unset")];
        with(&own.iter().chain(changes).copied().collect::<Vec<_>>())
    }

    #[test]
    fn a_web_app_needs_a_key_for_cookies_and_a_role_to_answer_with() {
        assert!(with(&[]).is_ok_and(|it| matches!(it, Settings::Web { pipelines: None, .. })));
        assert!(with(&[(PIPELINES, "team-*"), (TASK, "web"), MAILS]).is_ok_and(|it| matches!(
            it,
            Settings::Web { pipelines: Some(_), topic: Some(_), .. }
        )));
        assert!(with(&[("HOME", "/root")]).is_ok());
        let refused = |name, value| with(&[(name, value)]).unwrap_err();
        assert!(matches!(refused(COOKIE_KEY, "unset"), SettingsError::NoKey));
        assert!(matches!(refused(COOKIE_KEY, "short"), SettingsError::Key(SealError::Short)));
        assert!(matches!(refused(ROLE, "unset"), SettingsError::NoRole));
        assert!(matches!(refused(ROLE, ""), SettingsError::Role));
        assert!(matches!(refused(PIPELINES, "a b"), SettingsError::Pipelines(_)));
        assert!(matches!(refused(TOPIC, "desk"), SettingsError::Arn { .. }));
        assert!(matches!(refused(TASK, "notifies"), SettingsError::Task));
        for unknown in ["DESK_PIPELINE", WEBHOOKS] {
            let error = refused(unknown, "a");
            assert!(matches!(error, SettingsError::Unknown { name, .. } if name == unknown));
        }
    }

    #[test]
    fn a_function_that_tells_people_needs_a_way_to_them_and_no_key() {
        for ways in [&[MAILS][..], &[SECRET], &[MAILS, SECRET]] {
            assert!(notifying(ways).is_ok_and(|it| matches!(it, Settings::Notify(_))));
        }
        assert!(matches!(notifying(&[]), Err(SettingsError::NoWay)));
        let without_role = notifying(&[MAILS, (ROLE, "unset")]);
        assert!(matches!(without_role, Err(SettingsError::NoRole)));
        let other = notifying(&[(WEBHOOKS, "https://hooks.example/token")]).unwrap_err();
        assert!(!other.to_string().contains("token"), "{other}");
        let key = notifying(&[MAILS, SOUND[0]]).unwrap_err();
        assert!(matches!(key, SettingsError::Unknown { name, .. } if name == COOKIE_KEY));
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
