//! The command line.

use std::error::Error;
use std::io;

use clap::{CommandFactory as _, Parser, Subcommand};
use manual::Manual;
use tokio::runtime::{Builder, Runtime};

use crate::command::{answer, enrol, function, pending, release, serve, verify_key};
use crate::exit::Exit;
use crate::options::Common;
use crate::output;

/// See which approvals of AWS CodePipeline await you, and answer them with a signature of your own
/// key
///
/// Uses your own AWS credentials. Before you approve, the gate's own code judges whether your
/// approval would count.
#[derive(Debug, Parser)]
#[command(
    name = "desk",
    version = env!("TWO_PERSON_RULE_VERSION"),
    after_help = "Exit codes: 0 done, 1 could not do it, 2 usage, 3 no such approval is open, \
        10 it does not count or is not enough."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pending(pending::Args),
    Approve(answer::ApproveArgs),
    Reject(answer::RejectArgs),
    Enrol(enrol::Args),
    VerifyKey(verify_key::Args),
    Release(release::Args),
    Serve(serve::Args),
    #[command(flatten)]
    Manual(Manual),
}

/// Runs the program.
#[must_use]
pub fn run() -> Exit {
    if function::is_wanted() {
        return ended(runtime().map_err(Into::into).and_then(|it| it.block_on(function::run())));
    }
    match Cli::try_parse() {
        Ok(Cli { command, common }) => ended(dispatch(command, &common)),
        Err(error) => match output::print_clap(&error) {
            Ok(()) if error.use_stderr() => Exit::Usage,
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        },
    }
}

fn ended(done: Result<Exit, Box<dyn Error>>) -> Exit {
    done.unwrap_or_else(|error| {
        output::print_error(error.as_ref());
        Exit::Failed
    })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn dispatch(command: Command, common: &Common) -> Result<Exit, Box<dyn Error>> {
    match command {
        Command::Pending(args) => runtime()?.block_on(pending::run(&args, common)),
        Command::Approve(args) => runtime()?.block_on(answer::approve(args, common)),
        Command::Reject(args) => runtime()?.block_on(answer::reject(args, common)),
        Command::Enrol(args) => enrol::run(&args, common),
        Command::Serve(args) => runtime()?.block_on(serve::run(&args, common)),
        Command::VerifyKey(args) => verify_key::run(&args, common),
        Command::Release(args) => runtime()?.block_on(release::run(&args, common)),
        Command::Manual(wanted) => {
            output::print(&wanted.of(Cli::command())?)?;
            Ok(Exit::Done)
        }
    }
}
