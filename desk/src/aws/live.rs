//! AWS for the web app: the desk reads with its own credentials, and answers as a session with the
//! name of the person, if it has a role for that.

use std::str::FromStr;
use std::time::Duration;

use aws_sdk_codepipeline::config::Credentials;
use facts::aws::{Https, Iam, Reader, Reply, call_error};
use facts::{Budget, CallError, Operation};
use names::Arn;
use serde_json::json;
use signing::Answer;
use tokio::sync::OnceCell;

use super::sts::GET_CALLER_IDENTITY;
use super::{Client, Connected, LiveWays, codepipeline, missing};
use crate::notify::{Notice, Ways as _};
use crate::open::OpenRun;
use crate::pipeline::Pipeline;
use crate::port::Aws as _;
use crate::web::{GET_KEY, Ports};

const ASSUME_ROLE: Operation = Operation::of("sts", "AssumeRole");

/// How long the credentials of an answer are good: the least that STS gives.
const SECONDS: i32 = 900;
/// How long AssumeRole may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The length of the name of a session (STS API, `RoleSessionName`).
const NAME: std::ops::RangeInclusive<usize> = 2..=64;

/// The ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn {
    arn: String,
    partition: String,
    account: String,
    /// Its name without its path.
    name: String,
}

impl FromStr for RoleArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn = Arn::parse(text).filter(|arn| arn.service == "iam");
        let role = arn.and_then(|arn| Some((arn, arn.resource.strip_prefix("role/")?)));
        let (arn, path) = role.ok_or("it is not the ARN of a role")?;
        Ok(Self {
            arn: text.to_owned(),
            partition: arn.partition.to_owned(),
            account: arn.account.to_owned(),
            name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        })
    }
}

impl RoleArn {
    /// The session of a person, as CodePipeline records it.
    pub(crate) fn session(&self, person: &str) -> String {
        let Self { partition, account, name, .. } = self;
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{person}")
    }
}

/// The connection of the web app.
#[derive(Debug)]
pub(crate) struct Live {
    connected: Connected,
    role: Option<RoleArn>,
    ways: LiveWays,
    /// The principal of its own credentials.
    own: OnceCell<String>,
}

impl Live {
    /// Answers as sessions of `role`, or with its own credentials.
    pub(crate) fn new(connected: Connected, role: Option<RoleArn>) -> Self {
        Self { connected, role, ways: LiveWays::default(), own: OnceCell::new() }
    }

    /// Tells people on these ways.
    pub(crate) fn with_ways(self, ways: LiveWays) -> Self {
        Self { ways, ..self }
    }

    /// A connection that may do nothing but this.
    async fn as_person(
        &self,
        role: &RoleArn,
        person: &str,
        action: &str,
        resource: &str,
    ) -> Result<aws_sdk_codepipeline::Client, CallError> {
        let Client { region, codepipeline, sts, .. } = &self.connected.aws;
        if !NAME.contains(&person.len()) {
            return Err(missing(
                ASSUME_ROLE,
                "a session cannot have the person's name, which must have 2 to 64 characters",
            ));
        }
        let resource = format!("arn:{}:codepipeline:{region}:{}", role.partition, resource);
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
            }],
        });
        let call = || async {
            let request = sts.assume_role().role_arn(&role.arn).duration_seconds(SECONDS);
            let request = request.role_session_name(person).source_identity(person);
            let reply = request.policy(policy.to_string()).send().await;
            let reply = reply.map_err(|error| call_error(ASSUME_ROLE, &error))?;
            reply.credentials.ok_or(missing(ASSUME_ROLE, "`Credentials` are missing"))
        };
        let keys = Budget::of(PATIENCE).call(ASSUME_ROLE, call).await?;
        let (id, secret, token) =
            (keys.access_key_id, keys.secret_access_key, Some(keys.session_token));
        let keys = Credentials::new(id, secret, token, None, "desk");
        let config = codepipeline.config().to_builder().credentials_provider(keys).build();
        Ok(aws_sdk_codepipeline::Client::from_conf(config))
    }
}

impl Ports for Live {
    type Aws = Client;
    type CodePipeline = Reader;
    type Roles = Iam;

    fn aws(&self) -> &Client {
        &self.connected.aws
    }

    fn codepipeline(&self) -> &Reader {
        &self.connected.reader
    }

    fn roles(&self) -> &Iam {
        &self.connected.iam
    }

    async fn public_key(&self, url: &str) -> Result<String, CallError> {
        let Reply { status, body } = Https::default().get(GET_KEY, url).await?;
        let code = || format!("HTTP status {status}");
        match status {
            200 => Ok(body),
            _ => Err(CallError::of_service(GET_KEY, status, &code(), url.to_owned())),
        }
    }

    async fn principal(&self, person: &str) -> Result<String, CallError> {
        match &self.role {
            Some(role) => Ok(role.session(person)),
            None => {
                let budget = Budget::of(PATIENCE);
                let call = || budget.call(GET_CALLER_IDENTITY, || self.connected.aws.caller());
                self.own.get_or_try_init(call).await.cloned()
            }
        }
    }

    async fn answer(
        &self,
        person: &str,
        pipeline: &Pipeline,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> Result<(), CallError> {
        let Some(role) = &self.role else {
            return self.connected.aws.answer(&pipeline.name, approval, answer, comment).await;
        };
        let Pipeline { account, name, .. } = pipeline;
        let resource = format!("{account}:{name}/{}/{}", approval.stage, approval.action);
        let action = "codepipeline:PutApprovalResult";
        let client = self.as_person(role, person, action, &resource).await?;
        codepipeline::answer(&client, name, approval, answer, comment).await
    }

    async fn tell(&self, notice: &Notice) -> Option<Result<(), CallError>> {
        self.ways.publish(notice).await
    }

    async fn start(&self, person: &str, pipeline: &Pipeline) -> Result<String, CallError> {
        let Pipeline { account, name, .. } = pipeline;
        let Some(role) = &self.role else {
            return codepipeline::start(&self.connected.aws.codepipeline, name).await;
        };
        let action = "codepipeline:StartPipelineExecution";
        let client = self.as_person(role, person, action, &format!("{account}:{name}")).await?;
        codepipeline::start(&client, name).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_name_without_the_path() {
        let role: RoleArn = "arn:aws-cn:iam::111122223333:role/teams/a/Desk".parse().unwrap();
        assert_eq!(
            (&*role.partition, &*role.account, &*role.name),
            ("aws-cn", "111122223333", "Desk")
        );
        for wrong in ["Desk", "arn:aws:iam::111122223333:user/alice", "arn:aws:sts::1:role/Desk"] {
            assert!(wrong.parse::<RoleArn>().is_err(), "{wrong}");
        }
    }
}
