//! One call of the API: check the input, authorize the caller, handle the operation, check the
//! reply. No network and no clock.

use std::sync::Arc;

use iam::account::Identity;
use jiff::Timestamp;
use names::FunctionRef;
use serde_json::Value;

use super::handlers::Call;
use super::model::Model;
use super::wire::as_modelled;
use crate::authorize::{Action, Asked, Authorizer, Caller, RolePermissions};
use crate::engine::{ApiError, Engine, ErrorCode};
use crate::operation::Operation;

/// The API in front of an engine.
#[derive(Debug)]
pub struct Service {
    /// The pipelines and their executions.
    pub engine: Engine,
    model: Model,
    authorizer: Option<Arc<Authorizer>>,
}

impl Service {
    /// Puts the API in front of an engine. Without an authorizer everybody may do everything.
    ///
    /// # Errors
    /// If the built-in model cannot be read.
    pub fn new(engine: Engine, authorizer: Option<Authorizer>) -> Result<Self, serde_json::Error> {
        let authorizer = authorizer.map(Arc::new);
        let engine = match &authorizer {
            Some(authorizer) => engine.with_permissions(|settings| {
                Box::new(RolePermissions { authorizer: Arc::clone(authorizer), settings })
            }),
            None => engine,
        };
        Ok(Self { engine, model: Model::load()?, authorizer })
    }

    /// A role of the account, by its name. Returns `None` if there is no such role, or no account.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not see the role.
    pub fn role(
        &self,
        name: &str,
        caller: Caller<'_>,
        now: Timestamp,
    ) -> Result<Option<&Identity>, ApiError> {
        match &self.authorizer {
            Some(authorizer) => authorizer.role(name, caller, now, self.engine.settings()),
            None => Ok(None),
        }
    }

    /// The ARN of a function, for a caller who may call an operation of Lambda on it.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not.
    pub fn function(
        &self,
        operation: &'static str,
        function: &FunctionRef,
        caller: Caller<'_>,
        now: Timestamp,
    ) -> Result<String, ApiError> {
        let settings = self.engine.settings();
        let arn = function.unqualified_arn();
        let arn = arn.unwrap_or_else(|| settings.function_arn(function.name()));
        self.check_resource(Action { service: "lambda", operation }, &arn, caller, now)?;
        Ok(arn)
    }

    /// Whether a caller may call an operation of another service on a resource. Without an account
    /// everybody may.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not.
    pub(crate) fn check_resource(
        &self,
        action: Action,
        arn: &str,
        caller: Caller<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let settings = self.engine.settings();
        match &self.authorizer {
            Some(authorizer) => authorizer.check_resource(action, arn, caller, now, settings),
            None => Ok(()),
        }
    }

    /// Whether the caller may assume a role. Without an account everybody may.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not.
    pub fn assume(&self, asked: Asked<'_>, caller: Caller<'_>) -> Result<(), ApiError> {
        match &self.authorizer {
            Some(authorizer) => authorizer.check_assume(asked, caller),
            None => Ok(()),
        }
    }

    /// Handles one call: the name of the operation and its body, the caller and the time. Returns
    /// `None` for an operation without an output.
    ///
    /// # Errors
    /// The error that AWS replies.
    pub fn call<'a>(
        &mut self,
        operation: &str,
        body: &[u8],
        caller: impl Into<Caller<'a>>,
        now: Timestamp,
    ) -> Result<Option<Value>, ApiError> {
        let caller = caller.into();
        let unknown = || {
            ErrorCode::UnknownOperation
                .because(format!("The emulator does not serve the operation '{operation}'"))
        };
        let served = Operation::from_name(operation).ok_or_else(unknown)?;
        let shapes = self.model.operations.get(operation).ok_or_else(unknown)?;
        let mut input: Value = serde_json::from_slice(if body.is_empty() { b"{}" } else { body })
            .map_err(|error| {
            ErrorCode::Serialization.because(format!("the body is not JSON: {error}"))
        })?;
        self.model.accept(&shapes.input, &mut input)?;
        if let Some(authorizer) = &self.authorizer {
            authorizer.check(served, &input, caller, now, self.engine.settings())?;
        }
        // Everything that is due happens before this call, even if the server's own tick is late.
        self.engine.tick(now);
        let mut call = Call { engine: &mut self.engine, caller: caller.arn, now };
        let mut reply = match served.handle(&mut call, input) {
            Ok(reply) => reply,
            Err(error)
                if cfg!(debug_assertions) && !shapes.errors.contains(&error.code.to_string()) =>
            {
                return Err(ErrorCode::Internal
                    .because(format!("{operation} has no such error in the model: {error}")));
            }
            Err(error) => return Err(error),
        };
        drop_nulls(&mut reply);
        if cfg!(debug_assertions)
            && let Some(shape) = &shapes.output
        {
            self.check_reply(shape, &reply)?;
        }
        Ok(shapes.output.is_some().then_some(reply))
    }

    /// A reply that does not fit AWS's model is a bug, which tests should see.
    fn check_reply(&self, shape: &str, reply: &Value) -> Result<(), ApiError> {
        let reply = &as_modelled(reply);
        let mut known = reply.clone();
        let accepted = self.model.accept(shape, &mut known);
        accepted.map_err(|error| {
            ErrorCode::Internal.because(format!("the reply is not a {shape}: {}", error.message))
        })?;
        if known != *reply {
            return Err(ErrorCode::Internal
                .because(format!("the reply has members that {shape} does not have")));
        }
        Ok(())
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(members) => members.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Account;

    #[test]
    fn every_operation_of_the_model_is_served_and_no_other() {
        let model = Model::load().unwrap();
        let served = Operation::ALL.iter().map(|operation| operation.as_str());
        assert!(model.operations.keys().eq(served));
        let mut account = Account::new();
        for operation in model.operations.keys() {
            // Without its members an input is refused or answered, but the operation is never
            // unknown.
            let result = account.service.call(operation, b"{}", "caller", account.now);
            let known = result.err().is_none_or(|it| it.code != ErrorCode::UnknownOperation);
            assert!(known, "{operation}");
        }
        assert_eq!(account.refused("ListWebhooks", json!({})), ErrorCode::UnknownOperation);
    }
}
