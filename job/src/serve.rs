//! The function: Lambda's runtime, the log and `--version`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::budget::Budget;
use crate::event::{Event, Job};
use crate::program::Program;
use crate::report::InvocationError;

/// The input of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The job of the event.
    pub job: Job,
    /// The ARN that this function was invoked with, according to Lambda.
    pub function_arn: String,
}

/// Runs a program as a Lambda function until the runtime ends it. `start` prepares what all
/// invocations share, and gives what handles one. With the argument `--version`, the program only
/// prints its version.
///
/// Outside a Lambda runtime: exit code 1, with a line on stderr.
#[must_use]
pub fn main<H>(program: &Program, start: impl AsyncFnOnce() -> H) -> ExitCode
where
    H: AsyncFn(Invocation, Budget) -> Result<(), InvocationError>,
{
    let version = std::env::args_os().nth(1).is_some_and(|argument| argument == "--version");
    match if version { print_version(program) } else { serve(program, start) } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed, there is nowhere to report to.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_version(Program { name, version, .. }: &Program) -> Result<(), lambda_runtime::Error> {
    Ok(writeln!(std::io::stdout(), "{name} {version}")?)
}

fn serve<H>(program: &Program, start: impl AsyncFnOnce() -> H) -> Result<(), lambda_runtime::Error>
where
    H: AsyncFn(Invocation, Budget) -> Result<(), InvocationError>,
{
    require_runtime(program)?;
    log_as_json(program);
    // The function does one job at a time and mostly waits for replies. A second thread would only
    // cost start-up time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let handle = start().await;
        lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
            let budget = Budget::until(time_left(event.context.deadline()));
            let invocation = Invocation {
                job: event.payload.into_job().map_err(|error| diagnostic("NotAJob", &error))?,
                function_arn: event.context.invoked_function_arn,
            };
            let handled = handle(invocation, budget).await;
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

/// The runtime library panics outside Lambda. A person who starts the program by hand should get a
/// message instead.
fn require_runtime(Program { name, runs, .. }: &Program) -> Result<(), String> {
    match facts::missing_variable() {
        None => Ok(()),
        Some(missing) => Err(format!("{missing} is not set: the {name} runs {runs}")),
    }
}

fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

/// Logs JSON lines to stdout, from our own crates only. At verbose levels, the SDK and the runtime
/// log replies and events, which contain credentials. Lambda's logging configuration sets the level
/// through `AWS_LAMBDA_LOG_LEVEL`.
fn log_as_json(program: &Program) {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let ours = Targets::new()
        .with_targets([
            (program.log_target, level),
            (env!("CARGO_PKG_NAME"), level),
            ("facts", level),
        ])
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_ansi(false);
    // A subscriber that is already set, as in tests, stays.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}
