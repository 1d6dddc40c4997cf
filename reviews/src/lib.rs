//! A Lambda action before the approvals: it finds out who wrote and reviewed what is released.
//!
//! | file | purpose |
//! |---|---|
//! | `handler` | one invocation: find the base, ask the forges, report |
//! | `base` | the last satisfied release |
//! | `source` | what the Source actions delivered, and where they took it from |
//! | `findings` | what is reported: the output variables |
//! | `settings` | what the environment says, apart from the rule |
//! | `forges` | the port to all forges |
//! | `aws` | the ports over the AWS SDK: the only file that names it |
//! | `program` | the function, in the words of its messages |
//! | `consensus` | what is found out about the commits of one repository |
//! | `forge` | the port to GitHub, GitLab and CodeCommit |
//! | `history` | how a branch went from one commit to another: the facts of any forge |
//! | `judge` | what follows from these facts: one pure function |

mod aws;
mod base;
mod consensus;
mod findings;
mod forge;
mod forges;
mod handler;
mod history;
mod judge;
mod program;
mod settings;
mod source;

use std::process::ExitCode;

use facts::Floor;
use job::{Budget, Invocation};

pub use consensus::{Author, Consensus};
pub use findings::Findings;
pub use forge::{CodeCommit, Forge, ForgeError, GitHub, GitLab, Range};
pub use forges::{Forges, Question, Unasked};
pub use handler::{Ports, handle};
pub use history::{Answer, Change, Commit, History, Move, MoveKind, Review};
pub use judge::judge;
pub use settings::{Settings, SettingsError};
pub use source::Host;

/// Runs the reviews function as a Lambda function until the runtime ends it. With the argument
/// `--version`, it only prints its version.
///
/// Outside a Lambda runtime: exit code 1, with a line on stderr.
#[must_use]
pub fn main() -> ExitCode {
    job::main(&program::PROGRAM, async || {
        let floor = Floor::from_environment();
        let settings = Settings::from_environment();
        let (worker, reader, forges) = aws::from_environment(settings.as_ref().ok());
        async move |invocation: Invocation, budget: Budget| {
            let ports = Ports { jobs: &worker, codepipeline: &reader, forges: &forges };
            handle(&ports, &floor, &settings, &invocation, budget).await
        }
    })
}
