//! The IAM policy language: no AWS SDK, no clock, no environment, no I/O.

mod condition;
mod context;
mod document;
mod pattern;
mod template;
mod truth;

pub use condition::{Condition, ConditionError};
pub use context::{Context, Value};
pub use document::{Conditions, Document, Effect, Principal, Resources, Statement};
pub use pattern::Pattern;
pub use template::{Piece, Resolved, Template, TemplateError};
pub use truth::Truth;
