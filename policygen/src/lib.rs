//! The IAM side of the two-person rule: policies that cannot be held together, and who counts as whom.

mod aws;
mod cli;
mod command;
mod evidence;
mod exit;
mod explain;
mod files;
mod finding;
mod generate;
mod output;

pub use cli::run;
pub use exit::Exit;
