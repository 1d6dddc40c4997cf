//! An embedded AWS CodePipeline on loopback, to try and test the two-person rule without an AWS
//! account.

pub mod api;
pub mod authorize;
pub mod aws;
pub mod cli;
pub mod command;
pub mod engine;
pub mod faults;
pub mod function_host;
mod gate_identity;
mod operation;
pub mod principals;
pub mod server;
pub mod signer;
mod terminal;
#[cfg(test)]
mod testing;
