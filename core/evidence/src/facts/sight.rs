//! What is looked at: one execution, and what the gate's log says of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rule::{ActionKind, Status};

use super::log::LogLine;
use crate::Event;
use crate::history::{ActionExecution, PipelineExecution};

/// One execution as AWS shows it.
#[derive(Debug)]
pub struct Sight {
    pub execution: PipelineExecution,
    /// Its actions, and no others.
    pub actions: Vec<ActionExecution>,
    /// GetPipelineState; `None` if it was not saved.
    pub state: Option<Vec<StageState>>,
    /// What CloudTrail recorded of the answers; `None` if no events were given.
    pub trail: Option<Recorded>,
    /// The facts lines of the gate's log; `None` if no log was given.
    pub log: Option<Vec<LogLine>>,
    /// How many runs of the gate the history has.
    pub gate_runs: usize,
}

/// The answers to approvals that CloudTrail recorded, by token.
#[derive(Debug, Default)]
pub struct Recorded(BTreeMap<String, RecordedAnswer>);

/// An answer that CloudTrail recorded.
#[derive(Debug)]
pub(super) struct RecordedAnswer {
    /// In whole seconds, as CloudTrail gives it: less than a second before the answer.
    pub(super) at: Timestamp,
    pub(super) by: Option<String>,
}

impl Recorded {
    pub fn new(events: Vec<Event>) -> Self {
        let answers = events.into_iter().filter_map(|event| match event {
            Event::Approval(approval) => {
                let (at, by) = (approval.at, approval.by.arn.clone());
                Some((approval.token()?.to_owned(), RecordedAnswer { at, by }))
            }
            Event::Session(_) => None,
        });
        Self(answers.collect())
    }
}

/// What may or may not be known of a pipeline when its execution is looked at.
#[derive(Debug, Default)]
pub struct Known {
    pub history: crate::history::History,
    pub state: Option<Vec<StageState>>,
}

/// A stage in GetPipelineState.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageState {
    /// The execution that was last in it.
    pub execution_id: Option<String>,
    /// What retried it last.
    pub retried_by: Option<RetriedBy>,
    pub runs: Vec<StateRun>,
}

/// `latestRetryTrigger`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetriedBy {
    /// `AutomatedStageRetry`: `onFailure` of the stage.
    Itself,
    /// Somebody, or something that is not known.
    Another,
}

impl RetriedBy {
    pub fn of(trigger: &str) -> Self {
        match trigger {
            "AutomatedStageRetry" => Self::Itself,
            _ => Self::Another,
        }
    }
}

/// The newest run of an action in GetPipelineState.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateRun {
    /// `actionExecutionId`.
    pub id: Option<String>,
    /// `lastUpdatedBy`.
    pub updated_by: Option<String>,
    /// `lastStatusChange`.
    pub changed: Option<Timestamp>,
    pub token: Option<String>,
}

impl Sight {
    /// The manual approvals.
    pub(super) fn approvals(&self) -> impl Iterator<Item = &ActionExecution> {
        let actions = self.actions.iter();
        actions.filter(|action| action.attempt.kind == ActionKind::ManualApproval)
    }

    /// The manual approvals that somebody answered: those that were approved, and those that were
    /// rejected and say by whom.
    pub(super) fn answered(&self) -> impl Iterator<Item = &ActionExecution> {
        self.approvals().filter(|approval| match approval.attempt.status {
            Status::Succeeded => true,
            Status::Failed => approval.attempt.approver.history.is_some(),
            Status::InProgress | Status::Abandoned | Status::Unknown => false,
        })
    }

    /// The state's runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &StateRun> {
        self.state.iter().flatten().flat_map(|stage| &stage.runs)
    }

    /// The state's run of an attempt, by its id.
    pub(super) fn run_of(&self, action: &ActionExecution) -> Option<&StateRun> {
        let id = action.attempt.id.as_ref()?;
        self.runs().find(|run| run.id.as_ref() == Some(id))
    }

    /// What CloudTrail recorded of an answer.
    pub(super) fn recorded(&self, action: &ActionExecution) -> Option<&RecordedAnswer> {
        self.trail.as_ref()?.0.get(action.attempt.id.as_ref()?)
    }

    /// The ids of the manual approvals.
    pub(super) fn approval_ids(&self) -> BTreeSet<&str> {
        self.approvals().filter_map(|approval| approval.attempt.id.as_deref()).collect()
    }

    pub(super) fn is_parallel(&self) -> bool {
        self.execution.mode.as_deref() == Some("PARALLEL")
    }
}
