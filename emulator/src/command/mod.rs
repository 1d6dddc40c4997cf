//! The subcommands, one in each file.

pub mod demo;
mod desk;
pub mod serve;
mod stop;
