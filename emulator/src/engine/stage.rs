//! What becomes of one stage in one execution.

use serde::Serialize;

/// What became of one stage in one execution.
#[derive(Debug)]
pub struct StageProgress {
    /// The stage's name.
    pub name: String,
    /// Where it stands; nothing before the execution enters it.
    pub status: Option<StageStatus>,
    /// When the execution entered it, in the order of everything that ever happened.
    pub entered: u64,
    /// How often it was retried by itself and by hand.
    pub retries: Retries,
    retried_this_visit: bool,
}

/// How often a stage was retried.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retries {
    /// By the stage's own `onFailure`.
    pub automatic: u32,
    /// By `RetryStageExecution`.
    pub manual: u32,
    /// Whether the latest was by hand.
    pub latest_is_manual: bool,
}

/// Where a stage stands.
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

    /// Counts a retry by hand.
    pub(super) fn retry(&mut self) {
        self.retries.manual = self.retries.manual.saturating_add(1);
        self.retries.latest_is_manual = true;
    }

    /// Counts a retry by the stage itself, which happens once a visit. True if it may.
    pub(super) fn take_automatic_retry(&mut self) -> bool {
        if std::mem::replace(&mut self.retried_this_visit, true) {
            return false;
        }
        self.retries.automatic = self.retries.automatic.saturating_add(1);
        self.retries.latest_is_manual = false;
        true
    }
}
