//! The attempts of an execution as CodePipeline showed them at one time after the other.

use std::cmp::Reverse;

use jiff::Timestamp;
use rule::{Attempt, Attempts, Status};

/// Moves forward through the history of one execution, and reads each attempt once: an execution
/// that the gate refused thousands of times is judged as of the end of each of its runs.
pub(super) struct Timeline<'a> {
    /// Have not begun, the next one last.
    waiting: Vec<&'a Attempt>,
    /// Have begun, and change again later.
    open: Vec<&'a Attempt>,
    /// Do not change any more.
    settled: Attempts<'a>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(attempts: &'a [Attempt]) -> Self {
        let mut waiting = Vec::from_iter(attempts);
        waiting.sort_by_key(|attempt| Reverse(attempt.started));
        Self { waiting, open: Vec::new(), settled: Attempts::default() }
    }

    /// Gives the attempts as of a time, which must not be before that of an earlier call.
    pub(super) fn as_of<T>(&mut self, at: Timestamp, give: impl FnOnce(&Attempts<'_>) -> T) -> T {
        while let Some(begun) = self.waiting.pop_if(|attempt| has_begun(attempt, at)) {
            self.open.push(begun);
        }
        for settled in self.open.extract_if(.., |attempt| !changes_after(attempt, at)) {
            self.settled.add(settled);
        }
        let open: Vec<Attempt> = self.open.iter().filter_map(|attempt| as_of(attempt, at)).collect();
        let mut attempts = self.settled.clone();
        open.iter().for_each(|attempt| attempts.add(attempt));
        give(&attempts)
    }
}

/// An attempt as it was at a time, or `None` if it had not begun.
///
/// INVARIANT (fail closed): an attempt without times is kept as it is, so that it can be the newest
/// attempt and the newest rejection.
pub(super) fn as_of(attempt: &Attempt, at: Timestamp) -> Option<Attempt> {
    if !has_begun(attempt, at) {
        return None;
    }
    let mut attempt = attempt.clone();
    if changes_after(&attempt, at) {
        attempt.status = Status::InProgress;
        attempt.updated = None;
        attempt.answered = None;
        attempt.error = None;
        attempt.approver.history = None;
        attempt.comment = None;
    }
    Some(attempt)
}

fn has_begun(attempt: &Attempt, at: Timestamp) -> bool {
    attempt.started.is_none_or(|started| started < at)
}

fn changes_after(attempt: &Attempt, at: Timestamp) -> bool {
    attempt.updated.is_some_and(|updated| updated > at)
}
