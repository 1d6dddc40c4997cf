//! The IAM policy language: no AWS SDK, no clock, no environment, no I/O.

pub mod account;
mod arn;
mod condition;
mod context;
mod document;
mod grants;
mod pattern;
pub mod policy;
mod reach;
mod template;
mod truth;

pub use condition::{Condition, ConditionError};
pub use context::{Context, Value};
pub use document::{Conditions, Document, Effect, Principal, Resources, Statement};
pub use grants::{Blame, Clauses, Grants};
pub use pattern::Pattern;
pub use policy::Policy;
pub use reach::{Frame, FramePart, Part, TooIntricate, reach};
pub use template::{Piece, Resolved, Template, TemplateError};
pub use truth::Truth;
