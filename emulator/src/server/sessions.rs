//! The temporary keys that AssumeRole gives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use iam::Policy;
use jiff::Timestamp;
use uuid::Uuid;

use crate::authorize::Caller;

/// A principal that calls.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its ARN.
    pub(super) arn: String,
    /// Its session policy.
    pub(super) within: Option<Arc<Policy>>,
}

impl Known {
    pub(super) fn as_caller(&self) -> Caller<'_> {
        Caller { arn: &self.arn, within: self.within.as_deref() }
    }
}

/// The sessions, by access key id, and when they end.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<String, (Known, Timestamp)>>);

impl Sessions {
    /// Adds a session, and forgets those that have ended. Returns its access key id.
    pub(super) fn add(&self, session: Known, now: Timestamp, until: Timestamp) -> String {
        let id = Uuid::new_v4().simple().to_string().to_uppercase();
        let id: String = ["ASIA", &id].concat().chars().take(20).collect();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, (_, until)| *until > now);
        sessions.insert(id.clone(), (session, until));
        id
    }

    /// The session of an access key id.
    pub(super) fn find(&self, key_id: &str, now: Timestamp) -> Option<Known> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(key_id).filter(|(_, until)| *until > now).map(|(session, _)| session.clone())
    }
}
