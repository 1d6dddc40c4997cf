//! Bounded retries with jitter. They end early enough to report.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::call::{CallError, Operation};

/// How the time of one invocation is spent.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// When gathering facts ends, complete or not.
    gather_until: Instant,
    /// When reporting ends.
    report_until: Instant,
    /// How long one call may take before it is abandoned and tried again.
    per_call: Duration,
    /// The wait before the first retry; later ones wait longer.
    first_wait: Duration,
}

/// If a call fails more often than this, CodePipeline is down rather than busy.
const RETRIES: usize = 8;
/// The limit for reads of a history that is behind.
const SHORT_RETRIES: usize = 6;

/// How a call is tried.
struct Tries {
    until: Instant,
    /// How long one try may take.
    each: Duration,
    retries: usize,
}

impl Budget {
    /// The budget of an invocation that ends in `left`.
    ///
    /// A third of the time, at most 5 seconds, is kept for the report. Without a report the action
    /// would hang until it times out.
    #[must_use]
    pub fn until(left: Duration) -> Self {
        let now = Instant::now();
        let for_report = (left / 3).min(Duration::from_secs(5));
        // The runtime needs a moment to return the answer.
        let margin = (left / 20).min(Duration::from_millis(200));
        Self {
            gather_until: now + left.saturating_sub(for_report),
            report_until: now + left.saturating_sub(margin),
            per_call: (left / 6).clamp(Duration::from_millis(1), Duration::from_secs(4)),
            first_wait: (left / 200).clamp(Duration::from_millis(1), Duration::from_millis(100)),
        }
    }

    /// Calls a read. Tries it again while the error is transient and there is time.
    pub(crate) async fn read<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        self.retry(operation, self.tries(self.gather_until), call).await
    }

    /// Calls a read that nothing depends on: once, for as long as one call may take. Returns `None`
    /// if it fails.
    pub(crate) async fn try_once<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        call: impl FnOnce() -> F,
    ) -> Option<T> {
        timeout(self.per_call, call()).await.ok()?.ok()
    }

    /// Repeats a read that was behind. One read may be many calls, each with its own time limit.
    pub(crate) async fn read_again<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        calls: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let tries = Tries {
            each: self.gather_until.saturating_duration_since(Instant::now()),
            retries: SHORT_RETRIES,
            ..self.tries(self.gather_until)
        };
        self.retry(operation, tries, calls).await
    }

    /// Calls a report. Tries it again while the error is transient and there is time.
    pub(crate) async fn report<F: Future<Output = Result<(), CallError>>>(
        &self,
        operation: Operation,
        call: impl FnMut() -> F,
    ) -> Result<(), CallError> {
        self.retry(operation, self.tries(self.report_until), call).await
    }

    fn tries(&self, until: Instant) -> Tries {
        Tries { until, each: self.per_call, retries: RETRIES }
    }

    async fn retry<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        tries: Tries,
        mut call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let transient =
            |problem: &str| CallError::Transient { operation, problem: problem.to_owned() };
        let once = || {
            let attempt = timeout(tries.each, call());
            async { attempt.await.unwrap_or_else(|_| Err(transient("no reply in time"))) }
        };
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.per_call)
            .with_max_times(tries.retries)
            .with_jitter();
        let outcome =
            once.retry(waits).when(|error| matches!(error, CallError::Transient { .. })).notify(
                |error, wait| tracing::warn!(%error, wait_ms = wait.as_millis(), "trying again"),
            );
        timeout_at(tries.until, outcome)
            .await
            .unwrap_or_else(|_| Err(transient("the time of this invocation ran out")))
    }
}
