//! What is asked of AWS, in our own types.

use std::future::Future;

use facts::aws::{Outgoing, Start, Untaken};
use facts::{CallError, CodePipeline, Roles};

use crate::settings::RoleArn;

/// Where releases are started.
pub(crate) trait Releases {
    /// StartExecution of the release machine.
    fn start(&self, name: &str, input: &str) -> impl Future<Output = Result<Start, CallError>>;
}

/// The queue that goes back to CI.
pub(crate) trait Feedback {
    /// SendMessageBatch. Returns the messages that were not taken.
    fn send(&self, messages: &[Outgoing]) -> impl Future<Output = Result<Vec<Untaken>, CallError>>;
}

/// The account that a pipeline is in.
pub(crate) trait Elsewhere {
    /// Reads its executions.
    type Reader: CodePipeline;
    /// Reads its roles.
    type Iam: Roles;

    /// AssumeRole: what the role may read there.
    fn open(
        &self,
        role: &RoleArn,
    ) -> impl Future<Output = Result<(Self::Reader, Self::Iam), CallError>>;
}
