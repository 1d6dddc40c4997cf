//! `policygen man`.

use std::error::Error;

use crate::output;

const EXAMPLES: &str = "\
Example:
  policygen man generate | man -l -";

/// Print a manual page
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The verb; without it, the page of the whole program
    verb: Option<String>,
}

/// Why there is no such page.
#[derive(Debug, thiserror::Error)]
#[error("there is no verb `{0}`; see `policygen --help`")]
struct UnknownVerb(String);

pub(crate) fn run(args: &Args, mut program: clap::Command) -> Result<(), Box<dyn Error>> {
    program.build();
    let command = match &args.verb {
        None => program,
        Some(verb) => {
            let found = program.find_subcommand(verb).cloned();
            found.ok_or_else(|| UnknownVerb(verb.clone()))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    output::print(&page)?;
    Ok(())
}
