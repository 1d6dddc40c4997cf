//! `policygen diff`: what changed between two reports.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use findings::Screen;
use findings::diff::{self, Compared, Diff};

use super::diff_report::{Examined, ReportFileError, read};
use super::report::FailOn;
use crate::exit::Exit;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  What did this week change?
    policygen audit --account-file monday.json --format json > monday-report.json
    policygen audit --account-file friday.json --format json > friday-report.json
    policygen diff monday-report.json friday-report.json

  Fail a merge request only for what it brings:
    policygen doctor --template pipeline.yaml --format json \\
      | policygen diff main-report.json -

Exit codes: 0 nothing became worse, 1 could not do it, 2 usage, 10 a finding at or above --fail-on
that nobody accepts is new or became worse.";

/// Show which findings are new, gone, worse or improved since an earlier report
///
/// Reads two reports that `audit`, `doctor` or `evidence` printed with --format json, both about
/// the same account or pipeline. A finding is the same in both if its code and its subject are.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The earlier report; `-` for standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The later report; `-` for standard input
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The least severity of a new or worse finding that ends with exit code 10
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,
    /// Show every cause with all its subjects, for people
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
}

/// Runs the verb.
pub(crate) fn run(args: &Args) -> Result<Exit, Box<dyn Error>> {
    if [&args.old, &args.new].iter().all(|path| path.as_path() == Path::new("-")) {
        output::print_error(&ReportFileError::BothPiped);
        return Ok(Exit::Usage);
    }
    let (mut old, new) = (read(&args.old)?, read(&args.new)?);
    if !old.about.is_comparable(&new.about) {
        return Err(ReportFileError::Different {
            old: args.old.as_path().into(),
            old_is: old.about.to_string(),
            new: args.new.as_path().into(),
            new_is: new.about.to_string(),
        }
        .into());
    }
    let compared = Compared {
        command: new.about.command,
        left_out: leave_out_unlisted(&mut old, &new),
        old: old.checked,
        new: new.checked,
    };
    let diff = Diff::between(old.reported, new.reported);
    match args.format {
        Format::Human => {
            let screen = Screen { width: output::width(), verbose: args.verbose };
            output::print_styled(&diff::human(&diff, &compared, screen))?;
        }
        Format::Json => output::print(diff::json(&diff, &compared)?.as_bytes())?,
    }
    let fails = args.fail_on.severity().is_some_and(|severity| diff.fails(severity));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

/// Leaves out the findings about executions that the new report does not list, perhaps because its
/// period begins later, and counts them. They are not gone.
fn leave_out_unlisted(old: &mut Examined, new: &Examined) -> usize {
    let before = old.reported.len();
    if let Some(listed) = &new.executions {
        old.reported.retain(|one| listed.contains(&one.finding.subject));
    }
    before - old.reported.len()
}
