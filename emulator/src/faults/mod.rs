//! Faults of the network and of AWS that a file asks for, so that a program can be tried against
//! them.

mod file;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use file::FaultsError;

/// The operation whose faults are those of the delivery of a job to a function.
const INVOKE: &str = "lambda:Invoke";

/// What goes wrong in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// AWS says that there are too many requests. Nothing is done.
    Throttle,
    /// AWS says that it failed. Nothing is done.
    ServerError,
    /// The connection is reset before anything is done.
    Reset,
    /// It is done, and the connection is reset without a reply.
    ResetAfter,
    /// It is done, and the connection is reset after half of the reply.
    ResetWithin,
    /// It is done, and the body of the reply ends in the middle.
    Truncate,
    /// It is done, and the reply is a JSON object of something else.
    WrongJson,
    /// It is done, and the reply comes so much later.
    Slow(Duration),
    /// Nothing is done, and the reply is the first one to the same request.
    Stale,
}

/// How a job reaches its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Once, as usual.
    Once,
    /// Twice, one after the other.
    Twice,
    /// Twice, at the same time in two processes.
    TwoProcesses,
}

/// A fault of a call, or of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call(Fault),
    Delivery(Delivery),
}

/// The faults that are still to come. By default there are none.
#[derive(Debug, Default)]
pub struct Faults(Vec<Entry>);

/// One entry of the file.
#[derive(Debug)]
struct Entry {
    /// As in IAM: `codepipeline:GetPipelineState`.
    operation: String,
    /// The access key id or the ARN of the only caller that meets it.
    caller: Option<String>,
    kind: Kind,
    times: Times,
}

/// How often a fault still happens.
#[derive(Debug)]
enum Times {
    Left(AtomicU32),
    ForEver,
}

impl Times {
    /// Whether it happens now. Counts it.
    fn take(&self) -> bool {
        match self {
            Self::Left(left) => left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok(),
            Self::ForEver => true,
        }
    }
}

impl Faults {
    /// Reads a file of faults.
    ///
    /// # Errors
    /// If the file cannot be read, or an entry asks for what the emulator cannot do.
    pub fn read(path: &Path) -> Result<Self, FaultsError> {
        file::read(path)
    }

    /// The fault of this call of an operation, the first in the file that is left. It then happens
    /// once less. `caller` has the names of the caller. `has_earlier` says whether there is an
    /// earlier reply to be given again.
    pub(crate) fn of_call(
        &self,
        operation: &str,
        caller: &[&str],
        has_earlier: bool,
    ) -> Option<Fault> {
        self.0.iter().filter(|it| it.is_met_by(operation, caller)).find_map(|it| match it.kind {
            Kind::Call(Fault::Stale) if !has_earlier => None,
            Kind::Call(fault) => it.times.take().then_some(fault),
            Kind::Delivery(_) => None,
        })
    }

    /// How the next job reaches its function.
    pub(crate) fn of_delivery(&self) -> Delivery {
        let due = self.0.iter().find_map(|it| match it.kind {
            Kind::Delivery(delivery) => it.times.take().then_some(delivery),
            Kind::Call(_) => None,
        });
        due.unwrap_or(Delivery::Once)
    }

    /// Whether replies of an operation may be given again later.
    pub(crate) fn repeats(&self, operation: &str) -> bool {
        let stale = Kind::Call(Fault::Stale);
        self.0.iter().any(|it| it.operation == operation && it.kind == stale)
    }
}

impl Entry {
    fn is_met_by(&self, operation: &str, caller: &[&str]) -> bool {
        let is_met = |wanted: &String| caller.contains(&wanted.as_str());
        self.operation == operation && self.caller.as_ref().is_none_or(is_met)
    }
}
