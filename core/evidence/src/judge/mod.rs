//! Judges past executions by the rule of the gate, and lists what an auditor should look at.

mod account;
mod after_gate;
pub(crate) mod approvals;
mod confirm;
mod contradiction;
pub(crate) mod evaluate;
pub(crate) mod exception;
mod gate_function;
pub(crate) mod gate_report;
pub(crate) mod gate_run;
mod outcome;
mod reviews;
pub(crate) mod route;
mod sessions;
pub(crate) mod standard;
mod timeline;
mod trail;
pub(crate) mod verdict;

pub use account::{AccountSource, UnknownAccount};
pub use approvals::{ApprovalAttempt, Counting};
pub(crate) use confirm::{confirm, give_times};
pub use evaluate::Evaluated;
pub use exception::{CATALOG, Exception, ExceptionCode};
pub use gate_function::runs_gate;
pub use gate_report::GateReport;
pub use gate_run::GateRun;
pub use trail::Trail;
pub use verdict::Verdict;
