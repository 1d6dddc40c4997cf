//! The program of a function that does jobs: Lambda's runtime, or `--version`.

use std::io::Write as _;
use std::process::ExitCode;

use crate::budget::Budget;
use crate::event::{Event, Job};
use crate::function::{Called, Failed, serve};
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
    match if version { print_version(program) } else { serve_jobs(program, start) } {
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

fn serve_jobs<H>(
    program: &Program,
    start: impl AsyncFnOnce() -> H,
) -> Result<(), lambda_runtime::Error>
where
    H: AsyncFn(Invocation, Budget) -> Result<(), InvocationError>,
{
    serve(&program.function(), async || {
        let handle = start().await;
        async move |Called { event, function_arn, left, .. }: Called<Event>| {
            let budget = Budget::until(left);
            let job = event.into_job().map_err(|error| Failed::new("NotAJob", &error))?;
            let handled = handle(Invocation { job, function_arn }, budget).await;
            handled.map_err(|error| Failed::new(error.name(), &error))
        }
    })
}
