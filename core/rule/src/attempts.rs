//! What the history of an execution says about its approvals: the newest attempt of each, and the
//! newest rejection.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::facts::{Attempt, Status};

/// The actions of the stage that are, or might be, manual approvals.
pub(crate) fn approvals_of(stage: &str, attempts: &[Attempt]) -> BTreeSet<String> {
    attempts
        .iter()
        .filter(|attempt| attempt.kind.may_be_approval() && attempt.stage.as_deref() == Some(stage))
        .filter_map(|attempt| attempt.action.clone())
        .collect()
}

/// Whether an attempt does not say which action it belongs to. It could be the newest of any.
pub(crate) fn is_incomplete(attempt: &Attempt) -> bool {
    attempt.stage.is_none() || attempt.action.is_none()
}

/// The attempt of an action that counts: the newest, never any that succeeded. RetryStageExecution
/// keeps the old ones in the history.
pub(crate) enum Newest<'a> {
    None,
    Is(&'a Attempt),
    /// There are several attempts, and nobody can tell which is the newest.
    Unclear,
}

/// The newest attempt of an action.
pub(crate) fn newest_attempt<'a>(attempts: &'a [Attempt], stage: &str, action: &str) -> Newest<'a> {
    newest(attempts.iter().filter(|attempt| {
        attempt.stage.as_deref() == Some(stage) && attempt.action.as_deref() == Some(action)
    }))
}

/// The newest of these attempts of one action.
pub(crate) fn newest<'a>(attempts: impl Iterator<Item = &'a Attempt> + Clone) -> Newest<'a> {
    let latest = attempts.clone().filter_map(|attempt| attempt.started).max();
    // An attempt without a start time could be the newest.
    let mut candidates =
        attempts.filter(|attempt| attempt.started.is_none() || attempt.started == latest);
    match candidates.next() {
        None => Newest::None,
        // A page may have been read twice.
        Some(first) if candidates.all(|other| other == first) => Newest::Is(first),
        Some(_) => Newest::Unclear,
    }
}

/// When CodePipeline noticed the newest rejection of any manual approval in the execution. A
/// time-out is a rejection by nobody.
#[derive(Clone, Copy)]
pub(crate) enum Rejection {
    None,
    At(Timestamp),
    /// There is one, and nobody can tell when it was.
    Sometime,
}

impl Rejection {
    /// INVARIANT (fail closed): what might be a rejection is treated as one.
    pub(crate) fn newest(attempts: &[Attempt]) -> Self {
        attempts
            .iter()
            .filter(|attempt| attempt.kind.may_be_approval() && !attempt.failed_unanswered())
            .filter(|attempt| match attempt.status {
                Status::Failed | Status::Unknown => true,
                Status::InProgress | Status::Abandoned | Status::Succeeded => false,
            })
            .fold(Self::None, |newest, rejection| match (newest, rejection.updated) {
                (Self::Sometime, _) | (_, None) => Self::Sometime,
                (Self::None, Some(at)) => Self::At(at),
                (Self::At(newest), Some(at)) => Self::At(newest.max(at)),
            })
    }

    /// An approval counts only if it was opened after the rejection was noticed.
    ///
    /// The time of the answer does not help: if two answers are given within seconds, the history
    /// may show them in reverse order, so an approval before a rejection can look like one after
    /// it.
    pub(crate) fn supersedes(self, opened: Option<Timestamp>) -> bool {
        match self {
            Self::None => false,
            Self::Sometime => true,
            Self::At(rejected) => opened.is_none_or(|opened| opened <= rejected),
        }
    }
}
