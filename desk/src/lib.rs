//! The desk: where people see which approvals await them, and sign their answers.

mod aftermath;
mod answering;
mod aws;
mod beside;
mod cli;
mod command;
mod comment;
mod exit;
mod forge;
mod judge;
mod look;
mod not_sent;
mod notify;
mod once;
mod open;
mod options;
mod output;
mod overview;
mod past;
mod pipeline;
mod port;
mod production;
mod report;
mod rule_source;
mod sign;
mod source;
mod standing;
mod visit;
mod web;
mod written;

pub use beside::{Beside, Ready, port_of_rule};
pub use cli::run;
pub use exit::Exit;
pub use visit::{Unsent, Visit, Waiting};
