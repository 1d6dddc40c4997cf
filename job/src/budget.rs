//! How the time of one invocation is spent.

use std::time::Duration;

/// The time to find out what to report, and the time to report it.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Gathering ends early enough to report.
    pub gather: facts::Budget,
    /// A report ends before the invocation does.
    pub report: facts::Budget,
}

impl Budget {
    /// The budget of an invocation that ends in `left`.
    ///
    /// A third of the time, at most 5 seconds, is kept for the report. Without a report the action
    /// would hang until it times out.
    #[must_use]
    pub fn until(left: Duration) -> Self {
        let whole = facts::Budget::of(left).unwatched();
        let for_report = (left / 3).min(Duration::from_secs(5));
        // The runtime needs a moment to return the answer.
        let margin = (left / 20).min(Duration::from_millis(200));
        Self { gather: whole.without(for_report), report: whole.without(margin) }
    }
}
