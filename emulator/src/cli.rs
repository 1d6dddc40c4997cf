//! The command line.

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use manual::Manual;

use crate::command::{demo, serve};
use crate::terminal;

/// An embedded AWS CodePipeline, to try and test the two-person rule without an AWS account
#[derive(Debug, Parser)]
#[command(name = "emulator", version = env!("TWO_PERSON_RULE_VERSION"))]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(Box<serve::Args>),
    /// Run the gate as a Lambda function; the emulator starts this by itself
    Gate,
    #[command(flatten)]
    Manual(Manual),
}

/// Runs the program. Exit codes: 0 done, 1 could not do it, 2 usage.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(args) => block_on(demo::run(args)),
        Command::Serve(args) => block_on(serve::run(*args)),
        // The gate reports in Lambda's format, and has its own event loop.
        Command::Gate => return lambda::main(),
        Command::Manual(wanted) => print(&wanted),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::print_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn print(wanted: &Manual) -> Result<(), Box<dyn Error>> {
    Ok(terminal::print(&wanted.of(Cli::command())?)?)
}

fn block_on(work: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}
