//! Questions for services other than CodePipeline: what a role is, whether a caller may assume it,
//! whether it may publish to a topic, and whether a caller may use a function or a secret.

use std::sync::Arc;

use iam::account::Identity;
use iam::{Condition, Context, Effect, Truth};
use jiff::Timestamp;
use serde_json::Value;

use super::request::{Action, Caller, Request};
use super::{Authorizer, Resource};
use crate::engine::{ApiError, ErrorCode, Permissions, Settings};

impl Authorizer {
    /// A role by its name, for a caller with the permission `iam:GetRole`. The resource is the ARN
    /// of the role with its path. If there is no such role, it is the ARN without a path.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn role(
        &self,
        name: &str,
        caller: Caller<'_>,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Option<&Identity>, ApiError> {
        let mut roles = self.account.roles.iter().map(|role| &role.identity);
        let role = roles.find(|role| role.name == name);
        let (partition, id) = (&self.account.partition, &self.account.id);
        let arn = role.map_or_else(
            || format!("arn:{partition}:iam::{id}:role/{name}"),
            |role| role.arn.clone(),
        );
        let action = Action { service: "iam", operation: "GetRole" };
        let request = Request { action, input: &Value::Null, caller, now };
        let name = name.to_owned();
        self.decide(&request, &Resource::Role { arn, name }, settings)?;
        Ok(role)
    }
}

/// A session that a caller asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The ARN of the role.
    pub role: &'a str,
    /// `RoleSessionName`.
    pub name: &'a str,
    /// `SourceIdentity`.
    pub source_identity: Option<&'a str>,
}

impl Authorizer {
    /// Whether the caller may assume a role: by its trust policy, and by the caller's own policies
    /// if the trust policy leaves that to them. A condition that neither the account nor the
    /// request decides is not met.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check_assume(
        &self,
        asked: Asked<'_>,
        caller: Caller<'_>,
    ) -> Result<(), ApiError> {
        let role = self.account.roles.iter().find(|known| known.identity.arn == asked.role);
        let assumption = role.zip(self.actor(caller.arn)).and_then(|(role, actor)| {
            let assumption = self.account.assumer(actor, |_| true)?.assume(role)?;
            let context = asked.context(self.account.context(actor));
            let certain = assumption.own.iter().all(|blame| blame.open.is_empty());
            let holds = |open: &[&Condition]| Truth::all(open.iter().map(|it| it.holds(&context)));
            let mut allowed = false;
            for (at, open) in &assumption.trust {
                match (role.trust.statements.get(*at)?.effect, holds(open)) {
                    (Effect::Allow, Truth::Yes) => allowed = true,
                    (Effect::Allow, Truth::No | Truth::Unknown) | (Effect::Deny, Truth::No) => {}
                    (Effect::Deny, Truth::Yes | Truth::Unknown) => return None,
                }
            }
            (certain && allowed && caller.within.is_none()).then_some(())
        });
        assumption.ok_or_else(|| {
            ErrorCode::AccessDenied.because(format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                caller.arn, asked.role
            ))
        })
    }

    /// Whether the caller may call an operation of another service on a resource.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check_resource(
        &self,
        action: Action,
        arn: &str,
        caller: Caller<'_>,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), ApiError> {
        let request = Request { action, input: &Value::Null, caller, now };
        self.decide(&request, &Resource::Arn(arn.to_owned()), settings)
    }
}

impl Asked<'_> {
    /// The context of the request, by the account's.
    fn context(&self, mut context: Context) -> Context {
        context.set("sts:RoleSessionName", [self.name.to_owned()]);
        match self.source_identity {
            Some(source) => context.set("sts:SourceIdentity", [source.to_owned()]),
            None => context.absent("sts:SourceIdentity"),
        }
        context
    }
}

/// The permissions of the roles of an account, for its pipelines.
pub(crate) struct RolePermissions {
    pub(crate) authorizer: Arc<Authorizer>,
    pub(crate) settings: Settings,
}

impl Permissions for RolePermissions {
    /// The role's own policies decide, because the emulator has no policies of topics. A role that
    /// the account does not have may publish.
    fn may_publish(&self, role: &str, topic: &str, now: Timestamp) -> bool {
        let Some(actor) = self.authorizer.actor(role) else {
            return true;
        };
        let action = Action { service: "sns", operation: "Publish" };
        let request = Request { action, input: &Value::Null, caller: role.into(), now };
        let topic = Resource::Arn(topic.to_owned());
        self.authorizer.refusal(actor, &request, &topic, &self.settings).is_none()
    }
}
