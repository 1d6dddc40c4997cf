//! Shows who approved the past executions of a pipeline, by the rule and the code of the gate.
//!
//! [`read_live`] and [`read_saved`] read a [`History`], from AWS or from saved lists.
//! [`Report::new`] judges it, and [`render`] writes the report. A program that shows the executions
//! in its own way takes them from [`Report::executions`].

mod answer;
mod cover;
pub mod facts;
mod judge;
mod overview;
mod read;
pub mod render;
mod report;

pub use answer::Answer;
pub use cover::{Cover, LIMITS, Role, RuleSource, Source};
pub use judge::{
    AccountSource, ApprovalAttempt, CATALOG, Counting, Evaluated, Exception, ExceptionCode,
    GateReport, GateRun, Trail, UnknownAccount, Verdict, runs_gate,
};
pub use overview::{Overview, Place, Row};
pub use read::history;
pub use read::history::History;
pub use read::kept;
pub use read::{
    APPROVAL, Age, CloudTrail, CodePipeline, Counts, Event, EventError, Incomplete, Lists,
    LookUpError, Moment, Origin, OriginError, Page, Period, PeriodError, Progress, ReadError,
    Requests, Saved, SavedError, look_up, read_events, read_live, read_saved, time,
};
pub use report::{Question, Report};
