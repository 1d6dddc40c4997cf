//! Questions for services other than CodePipeline: what a role is, whether a caller may assume it,
//! whether it may publish to a topic, and whether a caller may see a function.

use std::sync::Arc;

use iam::account::{Assumption, Identity};
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

impl Authorizer {
    /// Whether the caller may assume a role: by its trust policy, and by the caller's own policies
    /// if the trust policy leaves that to them. A condition that the account does not decide is
    /// not met.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check_assume(&self, role: &str, caller: Caller<'_>) -> Result<(), ApiError> {
        let mut roles = self.account.roles.iter();
        let assumption = roles
            .find(|known| known.identity.arn == role)
            .and_then(|role| self.account.assumer(self.actor(caller.arn)?, |_| true)?.assume(role));
        let is_certain = |assumption: &Assumption<'_>| {
            assumption.trust.iter().all(|(_, open)| open.is_empty())
                && assumption.own.iter().all(|blame| blame.open.is_empty())
        };
        match assumption {
            Some(assumption) if is_certain(&assumption) && caller.within.is_none() => Ok(()),
            Some(_) | None => Err(ErrorCode::AccessDenied.because(format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {role}",
                caller.arn
            ))),
        }
    }

    /// Whether the caller may see the configuration of a function.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn check_function(
        &self,
        arn: &str,
        caller: Caller<'_>,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), ApiError> {
        let action = Action { service: "lambda", operation: "GetFunctionConfiguration" };
        let request = Request { action, input: &Value::Null, caller, now };
        self.decide(&request, &Resource::Arn(arn.to_owned()), settings)
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
