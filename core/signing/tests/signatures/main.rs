//! Which signatures are good: examples that other programs made, each with the changes that must
//! break it, and what an attacker could try.

#![cfg(test)]

mod attacks;
mod authenticator;
mod case;
mod codec;
mod ecdsa;
mod ssh;
mod vectors;
