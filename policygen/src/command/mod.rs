//! The verbs of the command line, one a file.

pub(crate) mod completions;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod man;
