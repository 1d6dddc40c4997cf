//! Proofs that are made and verified, and proofs that are refused.

#![cfg(test)]

mod mutated;
mod properties;
mod release;
mod verified;
