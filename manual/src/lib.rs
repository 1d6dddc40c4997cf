//! The verbs `completions` and `man`, which each program has.

use std::io;
use std::string::FromUtf8Error;

use clap::Command;
use clap_complete::Shell;

/// The two verbs. A program flattens them into its own.
#[derive(Debug, clap::Subcommand)]
pub enum Manual {
    /// Print a shell completion script
    #[command(after_long_help = "\
Example:
  PROGRAM completions bash > ~/.local/share/bash-completion/completions/PROGRAM")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page
    #[command(after_long_help = "\
Example:
  PROGRAM man | man -l -")]
    Man {
        /// The verb [default: the page of the whole program]
        verb: Option<String>,
    },
}

/// Why there is nothing to print.
#[derive(Debug, thiserror::Error)]
pub enum ManualError {
    /// The program does not have this verb.
    #[error("there is no verb `{verb}`; see `{program} --help`")]
    UnknownVerb {
        /// The verb.
        verb: String,
        /// The program.
        program: String,
    },
    /// A bug of this program.
    #[error("the page cannot be written: please report this")]
    NotWritten(#[from] io::Error),
    /// A bug of this program.
    #[error("the page is not text: please report this")]
    NotText(#[from] FromUtf8Error),
}

impl Manual {
    /// Returns the script or the page of a program.
    ///
    /// # Errors
    /// [`ManualError::UnknownVerb`] if the program does not have the verb.
    pub fn of(&self, mut program: Command) -> Result<String, ManualError> {
        let name = program.get_name().to_owned();
        let mut text = Vec::new();
        match self {
            Self::Completions { shell } => {
                clap_complete::generate(*shell, &mut program, name, &mut text);
            }
            Self::Man { verb } => {
                program.build();
                let command = match verb {
                    None => program,
                    Some(verb) => find(&program, verb).cloned().ok_or_else(|| {
                        ManualError::UnknownVerb { verb: verb.clone(), program: name }
                    })?,
                };
                clap_mangen::Man::new(command).render(&mut text)?;
            }
        }
        Ok(String::from_utf8(text)?)
    }
}

/// A verb, or a verb of a verb: `rule`, `rule-check`.
fn find<'a>(program: &'a Command, verb: &str) -> Option<&'a Command> {
    let inner = || {
        let (outer, inner) = verb.split_once('-')?;
        program.find_subcommand(outer)?.find_subcommand(inner)
    };
    program.find_subcommand(verb).or_else(inner)
}
