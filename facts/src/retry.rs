//! Bounded retries with jitter.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::call::{CallError, Operation};

/// How much time calls may take, retries included.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// When calling ends, with or without an answer.
    until: Instant,
    /// How long one call may take before it is abandoned and tried again.
    per_call: Duration,
    /// The wait before the first retry; later ones wait longer.
    first_wait: Duration,
    /// How often a history that is behind is read again after the second reading.
    rereads: usize,
    /// How long a request that cannot be sent is tried again.
    unsent: Duration,
}

/// If a call fails more often than this, the service is down rather than busy.
const RETRIES: usize = 8;
/// The limit for reads of a history that is behind.
const SHORT_RETRIES: usize = 6;

/// People wait this long for a network that may come back.
const UNSENT: Duration = Duration::from_secs(3);

/// How a call is tried.
struct Tries {
    /// How long one try may take.
    each: Duration,
    retries: usize,
}

impl Budget {
    /// The budget of a program that has this much time from now on.
    #[must_use]
    pub fn of(left: Duration) -> Self {
        Self {
            until: Instant::now() + left,
            per_call: (left / 6).clamp(Duration::from_millis(1), Duration::from_secs(4)),
            first_wait: (left / 200).clamp(Duration::from_millis(1), Duration::from_millis(100)),
            rereads: SHORT_RETRIES,
            unsent: UNSENT,
        }
    }

    /// The same budget for a program that nobody watches: a request that cannot be sent is tried
    /// again for as long as one that the service refuses to answer now.
    #[must_use]
    pub fn unwatched(self) -> Self {
        Self { unsent: Duration::MAX, ..self }
    }

    /// The same budget, but a history that is behind is not waited for.
    #[must_use]
    pub fn without_waiting(self) -> Self {
        Self { rereads: 0, ..self }
    }

    /// The same budget, but it ends earlier by this much.
    #[must_use]
    pub fn without(self, kept: Duration) -> Self {
        Self { until: self.until.checked_sub(kept).unwrap_or(self.until), ..self }
    }

    /// Makes a call. Tries it again while the error is transient and there is time.
    ///
    /// # Errors
    /// The last error, or [`CallError::Transient`] if the time ran out.
    pub async fn call<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let tries = Tries { each: self.per_call, retries: RETRIES };
        self.retry(operation, tries, call).await
    }

    /// Makes a call that may take all the time that is left, such as the download of a large file.
    ///
    /// # Errors
    /// As [`Budget::call`].
    pub async fn call_long<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let each = self.until.saturating_duration_since(Instant::now());
        self.retry(operation, Tries { each, retries: RETRIES }, call).await
    }

    /// When calling ends, with or without an answer.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Makes a call that nothing depends on: once, for as long as one call may take. Returns `None`
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
        let each = self.until.saturating_duration_since(Instant::now());
        self.retry(operation, Tries { each, retries: self.rereads }, calls).await
    }

    async fn retry<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        operation: Operation,
        tries: Tries,
        mut call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let transient = |problem| CallError::transient(operation, problem);
        let once = || {
            let attempt = timeout(tries.each, call());
            async { attempt.await.unwrap_or_else(|_| Err(transient("no reply in time"))) }
        };
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.per_call)
            .with_max_times(tries.retries)
            .with_jitter();
        let started = Instant::now();
        let outcome = once
            .retry(waits)
            .when(|error| error.is_worth_a_retry(started.elapsed() < self.unsent))
            .notify(
                |error, wait| tracing::warn!(%error, wait_ms = wait.as_millis(), "trying again"),
            );
        timeout_at(self.until, outcome)
            .await
            .unwrap_or_else(|_| Err(transient("the time of this invocation ran out")))
    }
}
