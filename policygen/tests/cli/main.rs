//! The built program, as its users see it.

#![cfg(test)]

mod audit;
mod checker;
mod doctor;
mod evidence;
mod evidence_cloudtrail;
mod evidence_live;
mod explain;
mod generate;
mod history;
mod program;
mod server;
mod whole;
