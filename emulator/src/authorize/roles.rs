//! What is asked about roles beyond CodePipeline: who one is, and whether it may publish to a
//! topic.

use std::sync::Arc;

use iam::account::Identity;
use jiff::Timestamp;
use serde_json::Value;

use super::{Authorizer, Request, Resource};
use crate::engine::{ApiError, Permissions, Settings};

impl Authorizer {
    /// The role of a name, for a caller who may ask for it, as `iam:GetRole` has it. The permission
    /// is about the role's ARN with its path; of a role that is not there, about the ARN that it
    /// would have without one.
    ///
    /// # Errors
    /// `AccessDeniedException`, in AWS's words.
    pub(crate) fn role(
        &self,
        name: &str,
        caller: &str,
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
        let request =
            Request { service: "iam", operation: "GetRole", input: &Value::Null, caller, now };
        let name = name.to_owned();
        self.decide(&request, &Resource::Role { arn, name }, settings)?;
        Ok(role)
    }
}

/// What an account lets the roles of its pipelines do.
pub(crate) struct RolePermissions {
    pub(crate) authorizer: Arc<Authorizer>,
    pub(crate) settings: Settings,
}

impl Permissions for RolePermissions {
    /// By the role's own policies; that of the topic is not known. Of a role that the account does
    /// not have nothing is known, and it may.
    fn may_publish(&self, role: &str, topic: &str, now: Timestamp) -> bool {
        let Some(actor) = self.authorizer.actor(role) else {
            return true;
        };
        let request = Request {
            service: "sns",
            operation: "Publish",
            input: &Value::Null,
            caller: role,
            now,
        };
        let topic = Resource::Arn(topic.to_owned());
        self.authorizer.refusal(actor, &request, &topic, &self.settings).is_none()
    }
}
