//! The relay: production's own check before a release.
//!
//! As a Lambda function in production's account, it judges requests by production's own rule, and
//! starts each approved release once. It also sends on what the release prints. In the container,
//! `relay run` numbers what a command prints.
//!
//! | file | purpose |
//! |---|---|
//! | `cli` | the command line: `relay run`, or else the function |
//! | `function` | the function: its settings, its ports, its events |
//! | `settings` | what the environment says, apart from the rule |
//! | `event` | requests, records of SNS, or lines of a log |
//! | `handler` | one invocation: each request is judged, started and answered |
//! | `judge` | whether a request may be released: by its proof, or by reading the execution |
//! | `start` | the release itself, once |
//! | `feedback` | lines of a log, as messages of the queue |
//! | `port` | what is asked of AWS, in our own types |
//! | `aws` | the ports over AWS: the only folder that names it |
//! | `run` | `relay run`: a command whose lines are numbered |

mod aws;
mod cli;
mod event;
mod feedback;
mod function;
mod handler;
mod judge;
mod port;
mod run;
mod settings;
mod start;

use std::process::ExitCode;

/// The version of the relay, and its commit if the build knew it: `0.1.0 (1234567890ab)`.
pub const VERSION: &str = env!("TWO_PERSON_RULE_VERSION");

/// Runs the program: `relay run` if the command line says so, otherwise the Lambda function.
#[must_use]
pub fn main() -> ExitCode {
    cli::run()
}
