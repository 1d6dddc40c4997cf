//! The subcommands, one in each file.

pub mod demo;
mod desk;
mod functions;
mod gate_files;
mod lag;
pub mod serve;
mod stop;
