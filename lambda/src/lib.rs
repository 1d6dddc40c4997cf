//! The gate: a Lambda action at the end of the approval stage.
//!
//! It receives a CodePipeline job, gathers the facts of its pipeline execution, asks the rule, and
//! reports exactly one job result. It is a library so that the emulator can be its own gate
//! process; [`main`] is the executable.
//!
//! | file | purpose |
//! |---|---|
//! | `event` | the Lambda event: the job, without its credentials |
//! | `jobs` | what the gate asks and reports about its own job, in the gate's own types |
//! | `aws` | that port over the AWS SDK: the only file that names it |
//! | `ownership` | whether the job is ours, according to CodePipeline and not the event |
//! | `budget` | the time of an invocation, of which some is kept for the report |
//! | `gather` | which execution is judged, and its facts (the crate `facts`) |
//! | `observation` | undocumented behaviour of AWS that the gate saw |
//! | `handler` | one invocation: gather, decide, record, report |
//! | `failure` | what the gate reports without a satisfied verdict |
//! | `journal` | the log: decision records and metrics |

pub mod aws;
mod budget;
mod event;
mod failure;
mod gather;
mod handler;
mod jobs;
mod journal;
mod observation;
mod ownership;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use facts::Floor;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use budget::Budget;
pub use event::{Event, EventError, Job};
pub use failure::{Failure, FailureKind};
pub use handler::{Invocation, InvocationError, Ports, handle};
pub use jobs::{
    Configuration, GET_JOB_DETAILS, JobDetails, Jobs, PUT_JOB_FAILURE_RESULT,
    PUT_JOB_SUCCESS_RESULT, Reported,
};
pub use journal::Journal;

/// The version of the gate, and its commit if the build knew it: `0.1.0 (1234567890ab)`.
pub const VERSION: &str = env!("TWO_PERSON_RULE_VERSION");

/// Runs the gate as a Lambda function until the runtime ends it. With the argument `--version`, it
/// only prints the version.
///
/// Outside a Lambda runtime: exit code 1, with a line on stderr.
#[must_use]
pub fn main() -> ExitCode {
    let version = std::env::args_os().nth(1).is_some_and(|argument| argument == "--version");
    match if version { print_version() } else { serve() } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed, there is nowhere to report to.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_version() -> Result<(), lambda_runtime::Error> {
    Ok(writeln!(std::io::stdout(), "gate {VERSION}")?)
}

fn serve() -> Result<(), lambda_runtime::Error> {
    require_runtime()?;
    log_as_json();
    // The gate makes one decision at a time and mostly waits for replies. A second thread would
    // only cost start-up time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let floor = Floor::from_environment();
        let (worker, reader, iam) = aws::from_environment().await;
        let ports = Ports { jobs: &worker, codepipeline: &reader, roles: &iam };
        lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
            let budget = Budget::until(time_left(event.context.deadline()));
            let mut journal = Journal::new(std::io::stdout());
            let invocation = Invocation {
                job: event.payload.into_job().map_err(|error| diagnostic("NotAJob", &error))?,
                function_arn: event.context.invoked_function_arn,
            };
            let now = jiff::Timestamp::now();
            let handled = handle(&ports, &floor, &invocation, budget, now, &mut journal).await;
            handled.map_err(|error| diagnostic(error.name(), &error))
        }))
        .await
    })
}

/// An error as Lambda shows it, with our name for it. The library would use the name of a Rust
/// type.
fn diagnostic(name: &str, error: &impl std::error::Error) -> Diagnostic {
    Diagnostic { error_type: name.to_owned(), error_message: error.to_string() }
}

/// The runtime library panics outside Lambda. A person who starts the gate by hand should get a
/// message instead.
fn require_runtime() -> Result<(), String> {
    match facts::missing_variable() {
        None => Ok(()),
        Some(missing) => Err(format!(
            "{missing} is not set: the gate runs inside AWS Lambda, or under the emulator (`emulator serve --gate PATH`)"
        )),
    }
}

fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

/// Logs JSON lines to stdout, from our own crates only. At verbose levels, the SDK and the runtime
/// log replies and events, which contain credentials. Lambda's logging configuration sets the level
/// through `AWS_LAMBDA_LOG_LEVEL`.
fn log_as_json() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let ours = Targets::new()
        .with_targets([(env!("CARGO_PKG_NAME"), level), ("facts", level)])
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_ansi(false);
    // A subscriber that is already set, as in tests, stays.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}
