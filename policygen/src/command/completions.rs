//! `policygen completions`.

use std::error::Error;

use clap_complete::Shell;

use crate::output;

const EXAMPLES: &str = "\
Example:
  policygen completions bash > ~/.local/share/bash-completion/completions/policygen";

/// Print a shell completion script
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, program: &mut clap::Command) -> Result<(), Box<dyn Error>> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, program, "policygen", &mut script);
    output::print(&script)?;
    Ok(())
}
