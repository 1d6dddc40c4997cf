//! The options of every command.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::aws::Connection;

/// The options of every command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// The gate's rule, as in TWO_PERSON_RULE [default: from the configuration of the gate's
    /// function, if you may read it]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) rule: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs, schema version 1
    Json,
}
