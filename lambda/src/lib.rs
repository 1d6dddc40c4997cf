//! The gate: a Lambda action at the end of the approval stage.
//!
//! A CodePipeline job comes in, the facts of its pipeline execution are gathered, the rule is
//! asked, and exactly one job result goes out. It is a library so that the emulator can be its own
//! gate process; the executable is [`main`].
//!
//! | file | what it is for |
//! |---|---|
//! | `event` | the Lambda event: which job, and nothing of its credentials |
//! | `floor` | the rule of the function's own environment |
//! | `port` | what the gate asks of CodePipeline and IAM, in the gate's own words |
//! | `aws` | those ports over the AWS SDK: the only folder that names it |
//! | `ownership` | whose job it is, by CodePipeline's word and not the event's |
//! | `retry` | bounded retries that leave time to report |
//! | `gather` | from a job to the facts that the rule judges |
//! | `lag` | whether the history is behind, and so not evidence |
//! | `observation` | what was seen of AWS that AWS does not document |
//! | `handler` | one invocation: gather, decide, record, report |
//! | `failure` | what is reported instead of a verdict |
//! | `journal` | the decision record and the metrics, line by line |

pub mod aws;
mod event;
mod failure;
mod floor;
mod gather;
mod handler;
mod journal;
mod lag;
mod observation;
mod ownership;
mod port;
mod retry;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use event::{Event, EventError, Job};
pub use failure::{Failure, FailureKind};
pub use floor::{Floor, FloorError};
pub use handler::{Invocation, InvocationError, handle};
pub use journal::Journal;
pub use port::{
    CallError, CodePipeline, Configuration, ExecutionPage, HistoryEntry, JobDetails, Operation,
    Roles, StateEntry,
};
pub use retry::Budget;

/// Runs the gate as a Lambda function until the runtime ends it.
///
/// Exit code 1, with a line on stderr, where there is no Lambda runtime to run in.
#[must_use]
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to report to when stderr is closed too.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), lambda_runtime::Error> {
    require_runtime()?;
    log_as_json();
    // One decision at a time, mostly waiting for replies: a second thread would only cost start-up
    // time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let floor = Floor::from_environment();
        let (codepipeline, iam) = aws::from_environment().await;
        lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
            let budget = Budget::until(time_left(event.context.deadline()));
            let mut journal = Journal::new(std::io::stdout());
            let invocation = Invocation {
                job: event.payload.into_job().map_err(|error| diagnostic("NotAJob", &error))?,
                function_arn: event.context.invoked_function_arn,
            };
            let now = jiff::Timestamp::now();
            let handled =
                handle(&codepipeline, &iam, &floor, &invocation, budget, now, &mut journal).await;
            handled.map_err(|error| diagnostic(error.name(), &error))
        }))
        .await
    })
}

/// An error as Lambda shows it, under a name of ours: the library would give the name of a Rust
/// type.
fn diagnostic(name: &str, error: &impl std::error::Error) -> Diagnostic {
    Diagnostic { error_type: name.to_owned(), error_message: error.to_string() }
}

/// The Lambda runtime library panics without these; a person who starts the gate by hand deserves a
/// sentence.
fn require_runtime() -> Result<(), String> {
    const NEEDED: [&str; 4] = [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ];
    match NEEDED.iter().find(|name| std::env::var_os(name).is_none()) {
        None => Ok(()),
        Some(missing) => Err(format!(
            "{missing} is not set: the gate runs inside AWS Lambda, or under the emulator (`emulator serve --gate PATH`)"
        )),
    }
}

fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

/// JSON lines on stdout, from this crate alone: the SDK's and the runtime's more talkative levels
/// show replies and events, and those carry credentials. `AWS_LAMBDA_LOG_LEVEL` sets the level, as
/// Lambda's own logging configuration does.
fn log_as_json() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let ours = Targets::new()
        .with_target(env!("CARGO_PKG_NAME"), level)
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_ansi(false);
    // A subscriber that is there already (a test's) stays.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}
