//! The IAM policy language: no AWS SDK, no clock, no environment, no I/O.

mod document;
mod pattern;

pub use document::{Conditions, Document, Effect, Principal, Resources, Statement};
pub use pattern::Pattern;
