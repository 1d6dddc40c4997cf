//! The subcommands, one in each file.

pub mod demo;
pub mod serve;
mod stop;
