//! The commands, one file each.

pub(crate) mod answer;
mod answered;
pub(crate) mod enrol;
mod front;
pub(crate) mod function;
mod notify;
pub(crate) mod pending;
pub(crate) mod release;
pub(crate) mod serve;
pub(crate) mod verify_key;
