//! What an execution did after its gate.

use super::gate_run::GateRun;
use crate::read::case::Case;
use crate::read::history::{ActionExecution, ExecutionStatus};

/// What an execution did after the newest run of its gate.
pub(crate) struct AfterGate<'a> {
    succeeded: bool,
    pub(crate) actions: Vec<&'a ActionExecution>,
}

impl<'a> AfterGate<'a> {
    /// The actions that began after the gate had ended, except those that repeat the gate's own
    /// stage.
    ///
    /// INVARIANT (fail closed): an action without a start time came after the gate, unless the same
    /// action also ran before it.
    pub(crate) fn new(case: &'a Case, runs: &[GateRun]) -> Self {
        let newest = runs.last();
        let ended = newest.filter(|run| run.has_ended()).and_then(|run| run.updated);
        let began = newest.and_then(|run| run.started);
        let same = |a: &ActionExecution, b: &ActionExecution| {
            a.attempt.stage == b.attempt.stage && a.attempt.action == b.attempt.action
        };
        let is_gate = |action: &ActionExecution| {
            runs.iter().any(|run| run.id.is_some() && run.id == action.attempt.id)
        };
        let ran_before = |action: &ActionExecution| {
            let earlier = |other: &&ActionExecution| {
                other.attempt.started.is_some_and(|at| began.is_none_or(|began| at < began))
            };
            case.actions.iter().filter(earlier).any(|other| same(other, action))
        };
        let came_after = |action: &&ActionExecution| {
            let late =
                ended.is_some_and(|ended| action.attempt.started.is_none_or(|at| at >= ended));
            late && !is_gate(action) && !ran_before(action)
        };
        Self {
            succeeded: case.execution.status == ExecutionStatus::Succeeded,
            actions: case.actions.iter().filter(came_after).collect(),
        }
    }

    /// Whether the execution released something.
    pub(crate) fn released(&self) -> bool {
        self.succeeded || !self.actions.is_empty()
    }
}
