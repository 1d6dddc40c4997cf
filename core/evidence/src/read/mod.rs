//! Reads a pipeline's history and CloudTrail's events into one set of types, from AWS or from
//! files.

pub(crate) mod case;
pub(crate) mod event;
mod export;
pub mod history;
pub mod kept;
mod live;
mod lookup;
mod origin;
mod period;
mod pieces;
mod readings;
mod saved;
mod shape;

pub use case::Counts;
pub use event::{APPROVAL, Event, EventError};
pub use export::read as read_events;
pub use live::{CodePipeline, Page, Progress, ReadError, Requests, read as read_live};
pub use lookup::{CloudTrail, LookUpError, look_up};
pub use origin::{Origin, OriginError};
pub use period::{Age, Moment, Period, PeriodError};
pub use saved::{Incomplete, Lists, Saved, SavedError, read as read_saved};
pub(crate) use shape::OrDefault;
pub use shape::time;
