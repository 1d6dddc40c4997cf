//! `policygen rule check`: what a change of the rule loosens and tightens.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use generate::rule_changes::RuleChanges;

use crate::exit::Exit;
use crate::input::{self, InputName};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  In a pull request:
    git show origin/main:rule.json | policygen rule check - rule.json

  Does the function's rule say more than the file?
    aws lambda get-function-configuration --function-name two-person-rule-gate \\
      --query Environment.Variables.TWO_PERSON_RULE --output text \\
      | policygen rule check rule.json -

Exit codes: 0 nothing loosens the rule, 1 could not do it, 2 usage, 10 something loosens it, or
nobody can decide that.";

/// Show what a change of the rule loosens and tightens
///
/// Compares what the two rules mean, key by key, and not their text. If nothing loosens, every
/// release that can pass under NEW can pass under OLD. What cannot be decided counts as loosening.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The rule in force, as in TWO_PERSON_RULE; `-` for standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The rule that takes its place; `-` for standard input
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
    /// Annotations of a workflow run of GitHub Actions
    Github,
}

#[derive(Debug, thiserror::Error)]
#[error("only one of the two rules can come from standard input; save the other in a file")]
struct BothPiped;

/// Runs the verb.
pub(super) fn run(args: &Args) -> Result<Exit, Box<dyn Error>> {
    if [&args.old, &args.new].iter().all(|path| path.as_path() == Path::new("-")) {
        output::print_error(&BothPiped);
        return Ok(Exit::Usage);
    }
    let (old, new) = (input::rule(&args.old)?, input::rule(&args.new)?);
    let changes = RuleChanges::new(&old, &new);
    match args.format {
        Format::Human => output::print_styled(&changes.human(output::width()))?,
        Format::Json => output::print(changes.json()?.as_bytes())?,
        Format::Github => {
            let file = InputName::from(args.new.as_path()).plain();
            output::print(changes.github(&file).as_bytes())?;
        }
    }
    Ok(if changes.loosen() { Exit::Findings } else { Exit::Done })
}
