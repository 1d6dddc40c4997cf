//! The gate over a CodePipeline and an IAM in memory.

#![cfg(test)]

mod attacks;
mod believed;
mod memory;
mod proofs;
mod reports;
