//! The command line.

use std::error::Error;

use clap::{Parser, Subcommand};

use crate::command::{completions, evidence, explain, generate, man};
use crate::exit::Exit;
use crate::output;

/// The IAM side of the two-person rule for AWS CodePipeline
///
/// Writes IAM policies under which nobody can give two of the approvals of a pipeline, and shows whom the gate takes
/// a principal for; neither needs an AWS account. Shows from a pipeline's history who approved each release.
#[derive(Debug, Parser)]
#[command(
    name = "policygen",
    version,
    after_help = "Exit codes: 0 done, 1 could not do it, 2 usage, 3 nothing was there to check, 10 findings."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(Box<generate::Args>),
    Explain(explain::Args),
    Evidence(Box<evidence::Args>),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the program.
#[must_use]
pub fn run() -> Exit {
    match Cli::try_parse() {
        Ok(cli) => match dispatch(cli) {
            Ok(exit) => exit,
            Err(error) => {
                output::print_error(error.as_ref());
                Exit::Failed
            }
        },
        Err(error) => match output::print_clap(&error) {
            Ok(()) if error.use_stderr() => Exit::Usage,
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        },
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Box<dyn Error>> {
    match cli.command {
        Command::Generate(args) => generate::run(*args)?,
        Command::Explain(args) => explain::run(&args)?,
        Command::Evidence(args) => return evidence::run(*args),
        Command::Completions(args) => completions::run(&args)?,
        Command::Man(args) => man::run(&args)?,
    }
    Ok(Exit::Done)
}
