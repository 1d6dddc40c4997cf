//! The command line.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{function, run};

const EXAMPLES: &str = "\
Example, in the Dockerfile of what deploys:
  ENTRYPOINT [\"relay\", \"run\", \"--\", \"./deploy.sh\"]";

/// Production's own check before a release
///
/// Without a verb, it runs as an AWS Lambda function.
#[derive(Debug, Parser)]
#[command(name = "relay", version = crate::VERSION)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(Args),
}

/// Run a command, and number every line that it prints
///
/// Each line of its standard output and standard error becomes one line of JSON, with the id of
/// the release from the environment variable EXECUTION_ID. The last line has the number of lines
/// and the exit code, which is also that of `relay run`: 128 + N if signal N ended the command, 127
/// if there is no such command, 126 if it cannot be run, 125 if nothing was tried.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

pub(crate) fn run() -> ExitCode {
    let served = match Cli::try_parse() {
        Ok(Cli { verb: Some(Verb::Run(args)) }) => return run::run(&args.command),
        Ok(Cli { verb: None }) => function::run(),
        Err(error) => {
            // If the terminal cannot be written, nothing is left to report that to.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
