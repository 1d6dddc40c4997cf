//! The gate: a Lambda action at the end of the approval stage.
//!
//! It receives a CodePipeline job, gathers the facts of its pipeline execution, asks the rule, and
//! reports exactly one job result. It is a library so that the emulator can be its own gate
//! process; [`main`] is the executable. What it shares with other Lambda actions of ours is the
//! crate `job`.
//!
//! | file | purpose |
//! |---|---|
//! | `aws` | the ports over the AWS SDK: the only file that names it |
//! | `gather` | which execution is judged, and its facts (the crate `facts`) |
//! | `observation` | undocumented behaviour of AWS that the gate saw |
//! | `handler` | one invocation: gather, decide, record, report |
//! | `prove` | the proof of a release, made and stored before the success |
//! | `port` | what a proof needs of S3 and KMS, in our own types |
//! | `passed` | what the gate may report as a success |
//! | `journal` | the log: decision records and metrics |

pub mod aws;
mod gather;
mod handler;
mod journal;
mod observation;
mod passed;
mod port;
mod prove;

use std::process::ExitCode;

use facts::Floor;
use job::{Budget, Invocation, Program};

pub use handler::{Ports, handle};
pub use journal::Journal;
pub use passed::Passed;
pub use port::{Found, Proofs};

/// The version of the gate, and its commit if the build knew it: `0.1.0 (1234567890ab)`.
pub const VERSION: &str = env!("TWO_PERSON_RULE_VERSION");

/// The gate, in the words of its messages.
const PROGRAM: Program = Program {
    name: "gate",
    log_target: env!("CARGO_PKG_NAME"),
    version: VERSION,
    runs: "inside AWS Lambda, or under the emulator (`emulator serve --gate PATH`)",
    without_answer: "No decision could be made",
    found: "The approvals satisfy the rule",
};

/// Runs the gate as a Lambda function until the runtime ends it. With the argument `--version`, it
/// only prints the version.
///
/// Outside a Lambda runtime: exit code 1, with a line on stderr.
#[must_use]
pub fn main() -> ExitCode {
    job::main(&PROGRAM, async || {
        let floor = Floor::from_environment();
        let (worker, reader, iam, prover) = aws::from_environment();
        async move |invocation: Invocation, budget: Budget| {
            let ports =
                Ports { jobs: &worker, codepipeline: &reader, roles: &iam, proofs: &prover };
            let mut journal = Journal::new(std::io::stdout());
            let now = jiff::Timestamp::now();
            handle(&ports, &floor, &invocation, budget, now, &mut journal).await
        }
    })
}
