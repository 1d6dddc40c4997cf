//! `policygen explain`.

use std::error::Error;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::explain::{explain, json, text};
use crate::input;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  Would a user and a session of a role be two persons?
    policygen explain arn:aws:iam::111122223333:user/alice \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice

  The same under the rule of your gate, for programs:
    policygen explain --rule rule.json --format json \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice";

/// Show whom the gate takes principals for, and whether they would count as two
///
/// The answer comes from the gate's own code, under the rule that you give: what is printed here is what a release
/// will see. What depends on the execution, as `excludeInitiator` does, is left out.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The principals, as CodePipeline or CloudTrail shows them
    #[arg(required = true, value_name = "ARN")]
    arns: Vec<String>,
    /// The gate's rule, as in TWO_PERSON_RULE; without it, the default rule
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs, schema version 1
    Json,
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let rule = args.rule.as_deref().map(input::rule).transpose()?.unwrap_or_default();
    let explanation = explain(&rule, &args.arns)?;
    let printed = match args.format {
        Format::Text => text::render(&explanation),
        Format::Json => json::render(&explanation)?,
    };
    output::print(printed.as_bytes())?;
    Ok(())
}
