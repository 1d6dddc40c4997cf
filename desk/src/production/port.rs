//! The door of production and the queue, in our own types.

use std::future::Future;

use facts::CallError;
use facts::aws::Received;

/// What CI may ask of production: each is one request, without retries.
pub(crate) trait Relay {
    /// Hands over a request under a name that nobody else uses.
    fn ask(&self, name: &str, request: &str) -> impl Future<Output = Result<(), CallError>>;

    /// What became of the request with this name.
    fn answer(&self, name: &str) -> impl Future<Output = Result<Door, CallError>>;

    /// The next messages of the queue. Waits up to `seconds`. The same `attempt` gives the same
    /// messages again.
    fn receive(
        &self,
        attempt: &str,
        seconds: u64,
    ) -> impl Future<Output = Result<Vec<Received>, CallError>>;

    /// Deletes messages of the queue.
    fn delete(&self, receipts: &[String]) -> impl Future<Output = Result<(), CallError>>;

    /// Lets others receive messages.
    fn give_back(&self, receipts: &[String]) -> impl Future<Output = Result<(), CallError>>;
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// It is not answered yet.
    Open,
    /// Nobody here may know: a topic gives no answers.
    Silent,
    /// The relay has started the release. In its own words.
    Started(String),
    /// The release ran before, so nothing was started. In the relay's own words.
    ReleasedBefore(String),
    /// The relay has refused it, for these reasons.
    Refused(Vec<String>),
    /// The relay has failed.
    Failed(String),
}
