//! The history of an execution, whole, and completed with what the state says.

use std::collections::{BTreeMap, BTreeSet};

use rule::{Attempt, Status};

use crate::call::{CallError, Operation};
use crate::port::{CodePipeline, ExecutionPage, HistoryEntry, StateEntry};
use crate::retry::Budget;

/// Reads the history of an execution: all of its pages.
///
/// # Errors
/// [`CallError`] if a call fails, or the pages form a circle.
pub async fn read_all(
    codepipeline: &impl CodePipeline,
    pipeline: &str,
    execution_id: &str,
    budget: Budget,
) -> Result<Vec<HistoryEntry>, CallError> {
    let mut entries = Vec::new();
    let mut seen = BTreeSet::new();
    let mut token: Option<String> = None;
    loop {
        let ExecutionPage { attempts, next_token } = budget
            .call(Operation::LIST_ACTION_EXECUTIONS, || {
                codepipeline.action_executions(pipeline, execution_id, token.as_deref())
            })
            .await?;
        entries.extend(attempts);
        match next_token {
            None => return Ok(entries),
            // If a page comes twice, reading would never end.
            Some(next) if !seen.insert(next.clone()) => {
                return Err(CallError::Malformed {
                    operation: Operation::LIST_ACTION_EXECUTIONS,
                    problem: "it names a page that was read already",
                });
            }
            Some(next) => token = Some(next),
        }
    }
}

/// The attempts of the state, by their id.
pub(crate) fn by_id(state: Vec<StateEntry>) -> Result<BTreeMap<String, StateEntry>, CallError> {
    let mut entries: BTreeMap<String, StateEntry> = BTreeMap::new();
    for entry in state {
        match entries.get(&entry.action_execution_id) {
            Some(other) if *other != entry => {
                return Err(CallError::Malformed {
                    operation: Operation::GET_PIPELINE_STATE,
                    problem: "it describes one action execution in two ways",
                });
            }
            Some(_) => {}
            None => drop(entries.insert(entry.action_execution_id.clone(), entry)),
        }
    }
    Ok(entries)
}

/// An attempt of the history, completed with what the state says about it.
///
/// INVARIANT (fail closed): if history and state contradict each other about the end of an attempt,
/// its status is unknown.
pub(crate) fn joined(mut attempt: Attempt, state: &BTreeMap<String, StateEntry>) -> Attempt {
    if let Some(entry) = attempt.id.as_ref().and_then(|id| state.get(id)) {
        attempt.approver.state.clone_from(&entry.last_updated_by);
        if entry.last_updated_by.is_some() {
            attempt.answered = entry.last_status_change;
        }
        if entry.has_ended() && entry.status != attempt.status {
            attempt.status = Status::Unknown;
        }
    }
    attempt
}
