//! One call, and the known part of its context.
//!
//! IAM User Guide, "AWS global condition context keys".

use std::fmt;

use iam::account::{Account, Actor};
use iam::{Context, Policy};
use jiff::Timestamp;
use serde_json::Value;

use crate::engine::Settings;

/// An action of a policy. Its display is `service:Operation`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    /// The prefix of the service: `codepipeline`, `iam`, `lambda`, `secretsmanager`, `sns` or
    /// `sts`.
    pub(crate) service: &'static str,
    /// The name of the operation.
    pub(crate) operation: &'static str,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// The principal that calls, and what limits this session of it.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The session policy that AssumeRole was called with.
    pub within: Option<&'a Policy>,
}

impl<'a> From<&'a str> for Caller<'a> {
    fn from(arn: &'a str) -> Self {
        Self { arn, within: None }
    }
}

/// A call that the model has accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The action that the caller needs.
    pub(crate) action: Action,
    /// The input.
    pub(crate) input: &'a Value,
    /// The caller.
    pub(crate) caller: Caller<'a>,
    /// The time.
    pub(crate) now: Timestamp,
}

impl Request<'_> {
    /// The context that the account and this request give. All other keys stay unknown: those of
    /// the network, the organization, the session's tags, and the pipelines' tags, which the
    /// emulator does not store.
    pub(super) fn context(&self, account: &Account, actor: Actor, settings: &Settings) -> Context {
        let mut context = account.context(actor);
        let mut set = |key: &str, value: String| context.set(key, [value]);
        // IAM is global, and its endpoint of the partition `aws` is in this region.
        let region = if self.action.service == "iam" { "us-east-1" } else { &settings.region };
        set("aws:RequestedRegion", region.to_owned());
        set("aws:CurrentTime", self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        set("aws:EpochTime", self.now.as_second().to_string());
        // As for AWS's own endpoints, which the loopback address replaces.
        set("aws:SecureTransport", "true".to_owned());
        set("aws:ViaAWSService", "false".to_owned());
        if let (Some(identity), Some((_, session))) =
            (account.identity(actor), session(self.caller.arn))
        {
            set("aws:userid", format!("{}:{session}", identity.id));
        }
        context.absent("aws:CalledVia");
        match actor {
            // Requests with the long-term access keys of users do not have these keys.
            Actor::User(_) => {
                for key in
                    ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"]
                {
                    context.absent(key);
                }
            }
            Actor::Role(_) => context.present("aws:TokenIssueTime"),
        }
        self.set_tags(&mut context);
        context
    }

    /// The tags that a pipeline is created with.
    fn set_tags(&self, context: &mut Context) {
        let tags = self.input.get("tags").and_then(Value::as_array);
        let tags: Vec<(&str, &str)> = tags
            .into_iter()
            .flatten()
            .filter_map(|tag| Some((tag.get("key")?.as_str()?, tag.get("value")?.as_str()?)))
            .collect();
        context.absent_prefix("aws:RequestTag/");
        for (key, value) in &tags {
            context.set(&format!("aws:RequestTag/{key}"), [(*value).to_owned()]);
        }
        context.set("aws:TagKeys", tags.iter().map(|(key, _)| (*key).to_owned()));
    }
}

/// The name of the role and of the session of an assumed role.
fn session(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":assumed-role/")?.1.split_once('/')
}
