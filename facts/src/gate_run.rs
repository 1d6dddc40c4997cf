//! The run of the gate that asks, which must be in the history that it judges.

use std::fmt;

use rule::{Attempt, Status};

/// The caller's own run, if the caller is the gate of the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateRun<'a> {
    /// The gate's action.
    pub action: Option<&'a str>,
    /// The `actionExecutionId` of its run.
    pub id: Option<&'a str>,
}

impl GateRun<'_> {
    /// Whether this attempt is that run: by its id, or by its place and status, because nobody
    /// knows whether GetJobDetails gives the id that the history has.
    pub(crate) fn is(&self, attempt: &Attempt, gate_stage: &str) -> bool {
        let by_id = self.id.is_some() && attempt.id.as_deref() == self.id;
        let by_place = self.action.is_some()
            && attempt.action.as_deref() == self.action
            && attempt.stage.as_deref() == Some(gate_stage)
            && attempt.status == Status::InProgress;
        by_id || by_place
    }
}

impl fmt::Display for GateRun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.unwrap_or("an action without a name");
        match self.id {
            Some(id) => write!(f, "{action} with the id {id}"),
            None => write!(f, "{action}, for which GetJobDetails gives no id"),
        }
    }
}
