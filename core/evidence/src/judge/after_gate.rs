//! What an execution did after its gate.

use std::collections::HashSet;

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
        let place = |action: &'a ActionExecution| (&action.attempt.stage, &action.attempt.action);
        let earlier = case.actions.iter().filter(|action| {
            action.attempt.started.is_some_and(|at| began.is_none_or(|began| at < began))
        });
        let earlier: HashSet<_> = earlier.map(place).collect();
        let gates: HashSet<&str> = runs.iter().filter_map(|run| run.id.as_deref()).collect();
        let came_after = |action: &&'a ActionExecution| {
            let late =
                ended.is_some_and(|ended| action.attempt.started.is_none_or(|at| at >= ended));
            let is_gate = action.attempt.id.as_deref().is_some_and(|id| gates.contains(id));
            late && !is_gate && !earlier.contains(&place(action))
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
