//! The gate over a CodePipeline and an IAM in memory.

#![cfg(test)]

mod believed;
mod memory;
mod reports;
