//! A Lambda function: the runtime and the log.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A function, as it speaks of itself.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// What it is called: `gate`.
    pub name: &'static str,
    /// The crate whose log lines are written, as well as those of `job` and `facts`.
    pub log_target: &'static str,
    /// Where it runs, for a person who starts it by hand: `inside AWS Lambda`.
    pub runs: &'static str,
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct Called<E> {
    /// What was sent.
    pub event: E,
    /// Lambda's id of the request. A retry of an asynchronous invocation has the same.
    pub request_id: String,
    /// The ARN that this function was invoked with, according to Lambda.
    pub function_arn: String,
    /// The time that is left.
    pub left: Duration,
}

/// An error as Lambda shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Our name for it. The library would use the name of a Rust type.
    pub name: &'static str,
    /// What happened, and what to do next.
    pub message: String,
}

impl Failed {
    /// The error, under a name.
    pub fn new(name: &'static str, error: &impl std::error::Error) -> Self {
        Self { name, message: error.to_string() }
    }
}

impl From<Failed> for Diagnostic {
    fn from(Failed { name, message }: Failed) -> Self {
        Self { error_type: name.to_owned(), error_message: message }
    }
}

/// Runs a program as a Lambda function until the runtime ends it. `start` prepares what all
/// invocations share, and gives what handles one.
///
/// # Errors
/// If this is not a Lambda runtime, or it cannot be reached.
pub fn serve<E, R, H>(
    function: &Function,
    start: impl AsyncFnOnce() -> H,
) -> Result<(), lambda_runtime::Error>
where
    E: DeserializeOwned,
    R: Serialize,
    H: AsyncFn(Called<E>) -> Result<R, Failed>,
{
    require_runtime(function)?;
    log_as_json(function);
    // The function does one thing at a time and mostly waits for replies. A second thread would
    // only cost start-up time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let handle = start().await;
        lambda_runtime::run(service_fn(async |event: LambdaEvent<E>| {
            let called = Called {
                left: time_left(event.context.deadline()),
                request_id: event.context.request_id,
                function_arn: event.context.invoked_function_arn,
                event: event.payload,
            };
            handle(called).await.map_err(Diagnostic::from)
        }))
        .await
    })
}

/// The runtime library panics outside Lambda. A person who starts the program by hand should get a
/// message instead.
fn require_runtime(Function { name, runs, .. }: &Function) -> Result<(), String> {
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
fn log_as_json(function: &Function) {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let ours = Targets::new()
        .with_targets([
            (function.log_target, level),
            (env!("CARGO_PKG_NAME"), level),
            ("facts", level),
        ])
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_ansi(false);
    // A subscriber that is already set, as in tests, stays.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}
