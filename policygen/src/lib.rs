//! The command line of the two-person rule: generates policies, audits accounts and pipelines, and
//! reports who approved past releases.

mod aws;
mod cli;
mod command;
mod controls;
mod exit;
mod files;
mod input;
mod organization;
mod output;
mod pipelines;
mod snapshot;

pub use cli::run;
pub use exit::Exit;
