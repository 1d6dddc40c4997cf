//! The shared context of the engine's parts, and the effects for the outside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Settings;
use super::ids::IdSource;
use super::lag::Lag;
use super::permissions::Permissions;

/// Something to do outside the engine.
pub enum Effect {
    /// Invoke the gate asynchronously, as CodePipeline invokes a function.
    Invoke {
        /// The id of the event's job.
        job_id: String,
        /// The ARN of the function that the action names.
        function: String,
        /// The event for the function. It has credentials: never log it.
        event: Value,
    },
}

impl std::fmt::Debug for Effect {
    // Not derived, because the event has credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Invoke { job_id, function, .. } = self;
        let mut shown = f.debug_struct("Invoke");
        shown.field("job_id", job_id).field("function", function);
        shown.finish_non_exhaustive()
    }
}

/// The shared context of the engine's parts.
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) ids: Box<dyn IdSource>,
    pub(super) lag: Lag,
    pub(super) permissions: Option<Box<dyn Permissions>>,
    /// The time of the current call.
    pub(super) now: Timestamp,
    sequence: u64,
    /// The versions of S3 objects with their ETags, by bucket and key. Nobody uploads anything, so
    /// a source always finds the same version.
    objects: BTreeMap<(String, String), Vec<(String, String)>>,
    pub(super) effects: Vec<Effect>,
}

impl std::fmt::Debug for World {
    // Not derived, because the effects have credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl World {
    pub(super) fn new(settings: Settings, ids: Box<dyn IdSource>, lag: Lag) -> Self {
        Self {
            settings,
            ids,
            lag,
            permissions: None,
            now: Timestamp::UNIX_EPOCH,
            sequence: 0,
            objects: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// A version of an S3 object and its ETag. Without a version, the first one.
    pub(super) fn object(
        &mut self,
        bucket: &str,
        key: &str,
        version: Option<String>,
    ) -> (String, String) {
        let made_up = [self.digits(32), self.digits(32)];
        let versions = self.objects.entry((bucket.to_owned(), key.to_owned())).or_default();
        let mut known = versions.iter();
        let found =
            known.find(|(known, _)| version.as_ref().is_none_or(|version| version == known));
        if let Some(found) = found {
            return found.clone();
        }
        let [other, tag] = made_up;
        let made = (version.unwrap_or(other), tag);
        versions.push(made.clone());
        made
    }

    /// Random hexadecimal digits, at most 62.
    pub(super) fn digits(&mut self, count: usize) -> String {
        let digits = format!("{}{}", self.ids.uuid(), self.ids.uuid());
        digits.chars().filter(|digit| *digit != '-').take(count).collect()
    }
}
