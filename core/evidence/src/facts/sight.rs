//! The execution under examination, and what the gate's log says about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rule::{ActionKind, Status};

use super::log::LogLine;
use crate::Event;
use crate::history::{ActionExecution, PipelineExecution};

/// One execution as AWS shows it.
#[derive(Debug)]
pub struct Sight {
    /// The execution.
    pub execution: PipelineExecution,
    /// Its actions, without those of other executions.
    pub actions: Vec<ActionExecution>,
    /// GetPipelineState; `None` if it was not saved.
    pub state: Option<Vec<StageState>>,
    /// The answers that CloudTrail recorded; `None` without events.
    pub trail: Option<Recorded>,
    /// The facts lines of the gate's log; `None` without a log.
    pub log: Option<Vec<LogLine>>,
    /// The number of runs of the gate in the history.
    pub gate_runs: usize,
}

/// The answers to approvals that CloudTrail recorded, by token.
#[derive(Debug, Default)]
pub struct Recorded(BTreeMap<String, RecordedAnswer>);

/// An answer that CloudTrail recorded.
#[derive(Debug)]
pub(super) struct RecordedAnswer {
    /// The time of the answer, which CloudTrail rounds down to the second.
    pub(super) at: Timestamp,
    pub(super) by: Option<String>,
}

impl Recorded {
    /// The answers among these events.
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

/// What has been read about a pipeline.
#[derive(Debug, Default)]
pub struct Known {
    /// The executions and actions.
    pub history: crate::history::History,
    /// GetPipelineState; `None` if it has not been read.
    pub state: Option<Vec<StageState>>,
}

/// A stage in GetPipelineState.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageState {
    /// The execution that entered it last.
    pub execution_id: Option<String>,
    /// Its last retry, if there was one.
    pub retried_by: Option<RetriedBy>,
    /// The newest run of each of its actions.
    pub runs: Vec<StateRun>,
}

/// What retried a stage (`latestRetryTrigger`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetriedBy {
    /// `AutomatedStageRetry`: `onFailure` of the stage.
    Itself,
    /// A person, or an unknown trigger.
    Another,
}

impl RetriedBy {
    /// Reads `latestRetryTrigger`.
    pub fn from_trigger(trigger: &str) -> Self {
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
    /// The token that answers an open approval.
    pub token: Option<String>,
}

impl Sight {
    /// The manual approvals.
    pub(super) fn approvals(&self) -> impl Iterator<Item = &ActionExecution> {
        let actions = self.actions.iter();
        actions.filter(|action| action.attempt.kind == ActionKind::ManualApproval)
    }

    /// The manual approvals that somebody answered: approved ones, and rejected ones that name a
    /// person. A time-out names nobody.
    pub(super) fn answered(&self) -> impl Iterator<Item = &ActionExecution> {
        self.approvals().filter(|approval| match approval.attempt.status {
            Status::Succeeded => true,
            Status::Failed => approval.attempt.approver.history.is_some(),
            Status::InProgress | Status::Abandoned | Status::Unknown => false,
        })
    }

    /// All runs in the state.
    pub(super) fn runs(&self) -> impl Iterator<Item = &StateRun> {
        self.state.iter().flatten().flat_map(|stage| &stage.runs)
    }

    /// The run in the state with the id of this attempt.
    pub(super) fn run_of(&self, action: &ActionExecution) -> Option<&StateRun> {
        let id = action.attempt.id.as_ref()?;
        self.runs().find(|run| run.id.as_ref() == Some(id))
    }

    /// The answer that CloudTrail recorded for this attempt.
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
