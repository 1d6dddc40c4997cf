//! The built program, as its users see it.

#![cfg(test)]

mod audit;
mod doctor;
mod explain;
mod generate;
mod program;
mod whole;
