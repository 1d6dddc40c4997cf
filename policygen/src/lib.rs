//! The command line of the two-person rule: generates policies, audits accounts and pipelines, and
//! reports who approved past releases.

mod aws;
mod cli;
mod command;
mod controls;
mod digest;
mod exit;
mod files;
mod input;
mod organization;
mod output;
mod pipelines;
mod places;
mod private_directory;
mod snapshot;
mod sources;

/// The version of the program, and its commit if the build knew it.
pub(crate) const VERSION: &str = env!("TWO_PERSON_RULE_VERSION");

pub use cli::run;
pub use exit::Exit;
