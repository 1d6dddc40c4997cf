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
pub(crate) mod history;
mod judge;
mod live;
mod lookup;
mod outcome;
mod passage;
mod period;
pub(crate) mod render;
mod report;
mod route;
mod saved;
mod sessions;
mod shape;
mod trail;

pub(crate) use account::AccountOf;
pub(crate) use event::{APPROVAL, Event, EventError};
pub(crate) use export::read as read_events;
pub(crate) use gate::GateFunction;
pub(crate) use live::{CodePipeline, Page, Progress, ReadError, read as read_live};
pub(crate) use lookup::look_up;
pub(crate) use period::{Moment, Period};
pub(crate) use report::{Question, Report};
pub(crate) use saved::{SavedError, read as read_saved};
pub(crate) use shape::time;
pub(crate) use trail::{CloudTrail, Trail};
