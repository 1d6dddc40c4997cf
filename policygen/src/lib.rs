//! The IAM side of the two-person rule: policies that cannot be held together, and who counts as
//! whom.

mod audit;
mod aws;
mod cli;
mod command;
mod doctor;
mod evidence;
mod exit;
mod explain;
mod files;
mod finding;
mod generate;
mod input;
mod output;
mod pipeline;
mod report;
mod rule_draft;
mod snapshot;

pub use cli::run;
pub use exit::Exit;
