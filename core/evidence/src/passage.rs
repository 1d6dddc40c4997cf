//! What came after the gate in an execution in which it ran.

use super::case::Case;
use super::gate_run::GateRun;
use super::history::{ActionExecution, ExecutionStatus};

/// What came after the newest run of the gate.
pub(crate) struct Passage<'a> {
    succeeded: bool,
    pub actions: Vec<&'a ActionExecution>,
}

impl<'a> Passage<'a> {
    /// What began after the gate had ended, and is no part of running its stage again.
    ///
    /// INVARIANT (fail closed): what does not say when it began came after the gate, unless the
    /// gate had seen it before.
    pub(crate) fn by(case: &'a Case, runs: &[GateRun]) -> Self {
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

    pub(crate) fn went_on(&self) -> bool {
        self.succeeded || !self.actions.is_empty()
    }
}
