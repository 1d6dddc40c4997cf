//! The progress of stages in executions.

use serde::Serialize;

/// The progress of one stage in one execution.
#[derive(Debug)]
pub struct StageProgress {
    /// The stage's name.
    pub name: String,
    /// Its status. `None` before the execution enters it.
    pub status: Option<StageStatus>,
    /// The time of the entry, in the order of all events.
    pub entered: u64,
    /// The numbers of its retries.
    pub retries: Retries,
    retried_this_visit: bool,
}

/// The numbers of retries of a stage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retries {
    /// Automatic retries, by the stage's own `onFailure`.
    pub automatic: u32,
    /// Manual retries, by `RetryStageExecution`.
    pub manual: u32,
    /// Whether the latest retry was manual.
    pub latest_is_manual: bool,
}

/// The status of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "AWS documents its statuses")]
pub enum StageStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Failed,
}

impl StageProgress {
    /// A stage that the execution has not reached.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: None,
            entered: 0,
            retries: Retries::default(),
            retried_this_visit: false,
        }
    }

    /// The execution enters it.
    pub(super) fn enter(&mut self, sequence: u64) {
        self.status = Some(StageStatus::InProgress);
        self.entered = sequence;
        self.retried_this_visit = false;
    }

    /// Counts a manual retry.
    pub(super) fn retry(&mut self) {
        self.retries.manual = self.retries.manual.saturating_add(1);
        self.retries.latest_is_manual = true;
    }

    /// Counts an automatic retry. Only one is allowed in each visit. Returns whether this one is.
    pub(super) fn take_automatic_retry(&mut self) -> bool {
        if std::mem::replace(&mut self.retried_this_visit, true) {
            return false;
        }
        self.retries.automatic = self.retries.automatic.saturating_add(1);
        self.retries.latest_is_manual = false;
        true
    }
}
