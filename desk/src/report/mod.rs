//! Reports for people and for programs.

pub(crate) mod answer;
pub(crate) mod json;
pub(crate) mod pending;
mod text;
pub(crate) mod why;

pub(crate) use text::{Lines, at, listed, since};
