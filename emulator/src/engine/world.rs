//! What every part of the engine may need while it does something, and what it wants done outside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Settings;
use super::ids::IdSource;
use super::lag::Lag;
use super::notification::Permissions;

/// What has to happen outside the engine.
pub enum Effect {
    /// Invoke the gate, asynchronously, as CodePipeline invokes a function.
    Invoke {
        /// The job that the event is about.
        job_id: String,
        /// The ARN of the function that the action names.
        function: String,
        /// What the function receives. It carries credentials: never log it.
        event: Value,
    },
}

impl std::fmt::Debug for Effect {
    // By hand, because the event carries credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Invoke { job_id, function, .. } = self;
        let mut shown = f.debug_struct("Invoke");
        shown.field("job_id", job_id).field("function", function);
        shown.finish_non_exhaustive()
    }
}

/// What every part of the engine may need while it does something.
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) ids: Box<dyn IdSource>,
    pub(super) lag: Lag,
    pub(super) permissions: Option<Box<dyn Permissions>>,
    /// The time of the entry in progress.
    pub(super) now: Timestamp,
    sequence: u64,
    /// The versions of S3 objects with their ETags, by bucket and key: nobody uploads anything, so
    /// a source finds what it found before.
    objects: BTreeMap<(String, String), Vec<(String, String)>>,
    pub(super) effects: Vec<Effect>,
}

impl std::fmt::Debug for World {
    // By hand, because the effects carry credentials.
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

    /// The version and the ETag of an S3 object: those of a version, or else of its first.
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

    /// So many hexadecimal digits, up to 62.
    pub(super) fn digits(&mut self, count: usize) -> String {
        let digits = format!("{}{}", self.ids.uuid(), self.ids.uuid());
        digits.chars().filter(|digit| *digit != '-').take(count).collect()
    }
}
