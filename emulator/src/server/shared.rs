//! The state that calls, the clock and the functions share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use names::FunctionRef;
use serde_json::Value;
use tokio::sync::Notify;

use super::faulty::Faulty;
use super::functions::{Functions, Hosted};
use super::secrets::Secrets;
use super::sessions::{Known, Sessions};
use crate::api::Service;
use crate::authorize::{Action, Asked};
use crate::engine::{ApiError, Effect, Settings};
use crate::principals::{Principals, key_id};

/// The state that calls, the clock and the functions share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The callers.
    pub(super) principals: Principals,
    service: Mutex<Service>,
    functions: Functions,
    /// What Secrets Manager has.
    pub(super) secrets: Secrets,
    /// What goes wrong.
    pub(super) faulty: Faulty,
    sessions: Sessions,
    changed: Notify,
}

impl Shared {
    pub(super) fn new(
        principals: Principals,
        service: Service,
        functions: Functions,
        secrets: Secrets,
        faulty: Faulty,
    ) -> Self {
        let (service, sessions) = (Mutex::new(service), Sessions::default());
        let changed = Notify::new();
        Self { principals, service, functions, secrets, faulty, sessions, changed }
    }

    /// The caller of an `Authorization` header: a principal of the configuration, or the session of
    /// a role.
    ///
    /// # Errors
    /// If there is no such header, or its access key id is unknown or has expired.
    pub(super) fn caller(&self, authorization: Option<&str>) -> Result<Known, ApiError> {
        match self.principals.caller(authorization) {
            Ok(arn) => Ok(Known { arn: arn.to_owned(), within: None }),
            Err(error) => {
                let id = authorization.and_then(key_id);
                id.and_then(|id| self.sessions.find(id, Timestamp::now())).ok_or(error)
            }
        }
    }

    /// Gives temporary keys for a session of a role.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not assume the role.
    pub(super) fn assume(
        &self,
        asked: Asked<'_>,
        session: Known,
        caller: &Known,
        until: Timestamp,
    ) -> Result<String, ApiError> {
        self.with_service(|service| service.assume(asked, caller.as_caller()))?;
        Ok(self.sessions.add(session, Timestamp::now(), until))
    }

    /// Ends the processes of the functions.
    pub(super) async fn end_functions(&self) {
        self.functions.shutdown().await;
    }

    /// Handles one call of the API, and carries out its effects.
    ///
    /// # Errors
    /// The error that AWS replies.
    pub(super) fn call(
        &self,
        operation: &str,
        body: &[u8],
        caller: &Known,
    ) -> Result<Option<Value>, ApiError> {
        self.with_service(|service| {
            service.call(operation, body, caller.as_caller(), Timestamp::now())
        })
    }

    /// The ARN and the id of a role of the account, if the caller may see it.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not see it.
    pub(super) fn role(
        &self,
        name: &str,
        caller: &Known,
    ) -> Result<Option<(String, String)>, ApiError> {
        self.with_service(|service| {
            let role = service.role(name, caller.as_caller(), Timestamp::now())?;
            Ok(role.map(|role| (role.arn.clone(), role.id.clone())))
        })
    }

    /// The ARN of a function and the function itself, for a caller who may call an operation of
    /// Lambda on it.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not.
    pub(super) fn function(
        &self,
        operation: &'static str,
        function: &FunctionRef,
        caller: &Known,
    ) -> Result<(String, &Hosted), ApiError> {
        let arn = self.with_service(|service| {
            service.function(operation, function, caller.as_caller(), Timestamp::now())
        })?;
        let hosted = self.functions.find(&arn);
        Ok((arn, hosted))
    }

    /// The ARN of something of another service, for a caller who may call an operation on it.
    /// `arn` makes it from the account and the region.
    ///
    /// # Errors
    /// `AccessDeniedException` if the caller may not.
    pub(super) fn resource(
        &self,
        action: Action,
        arn: impl FnOnce(&Settings) -> String,
        caller: &Known,
    ) -> Result<String, ApiError> {
        self.with_service(|service| {
            let arn = arn(service.engine.settings());
            service.check_resource(action, &arn, caller.as_caller(), Timestamp::now())?;
            Ok(arn)
        })
    }

    fn with_service<T>(&self, act: impl FnOnce(&mut Service) -> T) -> T {
        // A panic in an earlier call is a bug, which that call has reported. The others need not
        // fail.
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut service);
        for effect in service.engine.take_effects() {
            let Effect::Invoke { job_id, function, event } = effect;
            tracing::info!(job_id, function, "invokes the function");
            self.functions.find(&function).submit(&function, event, self.faulty.delivery());
        }
        drop(service);
        self.changed.notify_one();
        result
    }
}

/// Ticks the engine as soon as something is due.
pub(super) async fn keep_time(shared: Arc<Shared>) {
    loop {
        let due = {
            let service = shared.service.lock().unwrap_or_else(PoisonError::into_inner);
            service.engine.next_event()
        };
        let Some(due) = due else {
            shared.changed.notified().await;
            continue;
        };
        let wait = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::select! {
            () = shared.changed.notified() => {}
            () = tokio::time::sleep(wait) => shared.with_service(|service| service.engine.tick(Timestamp::now())),
        }
    }
}
