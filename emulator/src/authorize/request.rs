//! One call, and what is known of its context.
//!
//! IAM User Guide, "AWS global condition context keys".

use iam::Context;
use iam::account::{Account, Actor};
use jiff::Timestamp;
use serde_json::Value;

use crate::engine::Settings;

/// A call that the model has accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The service's prefix in actions: `codepipeline`, `iam` or `sns`.
    pub(crate) service: &'static str,
    /// The name of the operation.
    pub(crate) operation: &'a str,
    /// Its input.
    pub(crate) input: &'a Value,
    /// The ARN of the caller.
    pub(crate) caller: &'a str,
    /// The time.
    pub(crate) now: Timestamp,
}

impl Request<'_> {
    /// What the account says of the actor, and what this request has. All other keys stay unknown:
    /// those of the network, of the organization, of a session's tags, of the pipelines' tags,
    /// which the emulator does not keep.
    pub(super) fn context(&self, account: &Account, actor: Actor, settings: &Settings) -> Context {
        let mut context = account.context(actor);
        let mut set = |key: &str, value: String| context.set(key, [value]);
        // IAM is global, and its endpoint in the partition aws is in this region.
        let region = if self.service == "iam" { "us-east-1" } else { &settings.region };
        set("aws:RequestedRegion", region.to_owned());
        set("aws:CurrentTime", self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        set("aws:EpochTime", self.now.as_second().to_string());
        // As AWS's own endpoints have it: the loopback stands for them.
        set("aws:SecureTransport", "true".to_owned());
        set("aws:ViaAWSService", "false".to_owned());
        if let (Some(identity), Some((_, session))) =
            (account.identity(actor), session(self.caller))
        {
            set("aws:userid", format!("{}:{session}", identity.id));
        }
        context.absent("aws:CalledVia");
        match actor {
            // Users call with long-term access keys, whose requests do not have these.
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

/// The role's and the session's name of an assumed role.
fn session(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":assumed-role/")?.1.split_once('/')
}
