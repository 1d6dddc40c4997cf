//! What is known about every request by somebody of an account.
//!
//! IAM User Guide, "AWS global condition context keys".

use jiff::Timestamp;

use super::{Account, Actor};
use crate::context::Context;
use crate::document::Effect;

/// Condition keys that are in every request (IAM User Guide, "AWS global condition context keys").
const ALWAYS: [&str; 3] = ["aws:SecureTransport", "aws:RequestedRegion", "aws:userid"];

impl Account {
    /// Judges requests at this time or later, so that what has expired does not count.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// What is known about the time of every request.
    fn set_time(&self, context: &mut Context) {
        for key in ["aws:CurrentTime", "aws:EpochTime"] {
            match self.now {
                Some(now) => context.since(key, now),
                None => context.present(key),
            }
        }
    }

    /// The known context of every request by anybody.
    #[must_use]
    pub fn context_of_anybody(&self) -> Context {
        let mut context = Context::new();
        self.set_time(&mut context);
        context
    }

    /// The known context of every request by a new user or role. Its creator chooses its name, and
    /// its tags if `may_be_tagged`.
    #[must_use]
    pub fn context_of_new(&self, is_user: bool, may_be_tagged: bool) -> Context {
        let mut context = self.context_of_anybody();
        let mut set = |key: &str, value: &str| context.set(key, [value.to_owned()]);
        set("aws:PrincipalAccount", &self.id);
        set("aws:ResourceAccount", &self.id);
        set("aws:PrincipalIsAWSService", "false");
        set("aws:PrincipalType", if is_user { "User" } else { "AssumedRole" });
        for key in ALWAYS {
            context.present(key);
        }
        context.present("aws:PrincipalArn");
        if is_user {
            context.present("aws:username");
            context.absent("aws:FederatedProvider");
        } else {
            context.absent("aws:username");
        }
        if !may_be_tagged {
            context.absent_prefix("aws:PrincipalTag/");
        }
        context
    }

    /// The known context of every request by an actor (IAM User Guide, "AWS global condition
    /// context keys").
    #[must_use]
    pub fn context(&self, actor: Actor) -> Context {
        let mut context = self.context_of_anybody();
        let mut set = |key: &str, value: &str| context.set(key, [value.to_owned()]);
        set("aws:PrincipalAccount", &self.id);
        set("aws:ResourceAccount", &self.id);
        set("aws:PrincipalIsAWSService", "false");
        let Some(identity) = self.identity(actor) else {
            return context;
        };
        set("aws:PrincipalArn", &identity.arn);
        match actor {
            Actor::User(_) => {
                set("aws:PrincipalType", "User");
                set("aws:username", &identity.name);
            }
            Actor::Role(_) => set("aws:PrincipalType", "AssumedRole"),
        }
        for key in ALWAYS {
            context.present(key);
        }
        if let Actor::User(_) = actor {
            context.set("aws:userid", [identity.id.clone()]);
            context.absent("aws:FederatedProvider");
        } else {
            // "role-id:caller-specified-role-name" (IAM User Guide, "IAM policy elements: Variables
            // and tags", principal key values).
            context.begins("aws:userid", format!("{}:", identity.id));
            context.absent("aws:username");
        }
        context.absent_prefix("aws:PrincipalTag/");
        for (key, value) in &identity.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), [value.clone()]);
        }
        if self.accepts_session_tags(actor) {
            return self.retagged(actor, context);
        }
        context
    }

    /// The same context, after somebody may have set the actor's tags to anything.
    #[must_use]
    pub fn retagged(&self, actor: Actor, mut context: Context) -> Context {
        context.unknown_prefix("aws:PrincipalTag/");
        for (key, _) in self.identity(actor).iter().flat_map(|identity| &identity.tags) {
            context.unknown(&format!("aws:PrincipalTag/{key}"));
        }
        context
    }

    /// Whether somebody who assumes the role may set session tags, which override its own tags (IAM
    /// User Guide, "Pass session tags in AWS STS").
    fn accepts_session_tags(&self, actor: Actor) -> bool {
        let Actor::Role(at) = actor else { return false };
        let mut statements = self.role(at).into_iter().flat_map(|role| &role.trust.statements);
        statements.any(|statement| {
            statement.effect == Effect::Allow && statement.actions.include("sts:tagsession")
        })
    }
}
