//! The IAM side of the two-person rule: policies that cannot be held together, and who counts as
//! whom.

mod aws;
mod cli;
mod command;
mod exit;
mod files;
mod input;
mod output;
mod snapshot;

pub use cli::run;
pub use exit::Exit;
