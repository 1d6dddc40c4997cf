//! The command line.

use std::error::Error;

use clap::{CommandFactory as _, Parser, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use manual::Manual;

use crate::VERSION;
use crate::command::{
    audit, diff, doctor, evidence, evidence_args, explain, generate, rule, schema, seal, unseal,
    verify, verify_args,
};
use crate::exit::Exit;
use crate::output;

/// The IAM side of the two-person rule for AWS CodePipeline
///
/// Writes IAM policies so that nobody can give two of the approvals of a pipeline, and drafts a
/// rule for the gate. Proves that nobody can by any other path, checks that pipelines ask the gate,
/// shows from their history who approved each release, and explains how the gate counts a
/// principal. Changes nothing in AWS.
#[derive(Debug, Parser)]
#[command(
    name = "policygen",
    version = VERSION,
    after_help = "Exit codes: 0 done, 1 could not do it, 2 usage, 3 nothing to check, 10 findings \
                  or refused."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(Box<generate::Args>),
    Rule(rule::Args),
    Audit(Box<audit::Args>),
    Doctor(Box<doctor::Args>),
    Diff(diff::Args),
    Explain(explain::Args),
    Evidence(Box<evidence_args::Args>),
    Verify(Box<verify_args::Args>),
    Schema(schema::Args),
    Seal(seal::Args),
    Unseal(unseal::Args),
    #[command(flatten)]
    Manual(Manual),
}

/// Runs the program. `now` is its only reading of the clock.
#[must_use]
pub fn run(now: Timestamp) -> Exit {
    match Cli::try_parse() {
        Ok(cli) => match dispatch(cli, now) {
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

fn dispatch(cli: Cli, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    // Days in accept files are days in UTC, so they end at the same time for everybody.
    let today = now.to_zoned(TimeZone::UTC).date();
    match cli.command {
        Command::Audit(args) => return audit::run(*args, today),
        Command::Rule(args) => return rule::run(args),
        Command::Generate(args) => return generate::run(*args),
        Command::Explain(args) => return explain::run(&args),
        Command::Doctor(args) => return doctor::run(&args, today),
        Command::Evidence(args) => return evidence::run(&args, now),
        Command::Diff(args) => return diff::run(&args),
        Command::Verify(args) => return verify::run(&args, now),
        Command::Schema(args) => schema::run(&args)?,
        Command::Seal(args) => seal::run(&args)?,
        Command::Unseal(args) => return unseal::run(&args, now),
        Command::Manual(wanted) => output::print(wanted.of(Cli::command())?.as_bytes())?,
    }
    Ok(Exit::Done)
}
