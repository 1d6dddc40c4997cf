//! What past executions of a pipeline show: who approved them, by the very rule of the gate.

mod account;
mod approvals;
mod case;
mod confirm;
mod contradiction;
mod evaluate;
mod event;
mod exception;
mod export;
mod gate;
mod gate_run;
pub mod history;
mod judge;
mod live;
mod lookup;
mod outcome;
mod passage;
mod period;
pub mod render;
mod report;
mod route;
mod saved;
mod sessions;
mod shape;
mod trail;

pub use account::AccountOf;
pub use event::{APPROVAL, Event, EventError};
pub use export::read as read_events;
pub use gate::GateFunction;
pub use live::{CodePipeline, Page, Progress, ReadError, read as read_live};
pub use lookup::look_up;
pub use period::{Moment, Period};
pub use report::{Question, Report};
pub use saved::{SavedError, read as read_saved};
pub use shape::time;
pub use trail::{CloudTrail, Trail};
