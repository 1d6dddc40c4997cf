//! The IAM policy language: policies, the questions that they answer, and whole accounts.
//!
//! The crate has no AWS SDK, no clock, no environment and no I/O, and knows no AWS service but IAM
//! and STS.

pub mod account;
mod arn;
mod cases;
mod choices;
mod clause;
mod condition;
mod context;
mod document;
mod frame;
mod grants;
mod matched;
mod part;
mod pattern;
pub mod policy;
mod reach;
mod region;
mod seen;
mod template;
mod truth;

pub use clause::Blame;
pub use condition::{Condition, ConditionError};
pub use context::{Context, Value};
pub use document::{Conditions, Document, Effect, Principal, Resources, Statement};
pub use frame::{Frame, FramePart};
pub use grants::{Clauses, Grants, Limits, Policies};
pub use part::Part;
pub use pattern::{Alphabet, Pattern};
pub use policy::Policy;
pub use reach::reach;
pub use seen::TooIntricate;
pub use template::{Piece, Resolved, Template, TemplateError};
pub use truth::Truth;
