//! An execution read from a CodePipeline and an IAM in memory.

#![cfg(test)]

mod budget;
mod memory;
mod reading;
mod roles;
