//! AWS accounts made up from a seed, with what an audit has to find in them.
//!
//! Every finding is planted by a scenario, a small pattern of its own users, groups, roles and
//! policies which says, where it is written, what is to be found in it. So the truth is there by
//! construction: nothing here evaluates a policy. Many scenarios are traps, in which nothing, or
//! less than it seems, is to be found. Innocents surround them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod build;
mod code;
mod generate;
mod holder;
mod id;
mod liveness;
mod managed;
mod name;
mod noise;
mod plot;
mod policy;
mod scenario;
mod shape;
#[cfg(test)]
mod tests;
mod trusted;

pub use code::Code;
pub use generate::{Generated, LARGE, MIDDLE, Planted, SMALL, Size, generate};
pub use liveness::{Liveness, accounts as liveness_accounts};
pub use trusted::{RULE, account as account_with_trusted_roles};

/// The account's number.
pub const ACCOUNT: &str = "111122223333";
/// The first approval action that people serve.
pub const SLOT_A: &str = "ApprovalA";
/// The second one.
pub const SLOT_B: &str = "ApprovalB";
/// The function that is the gate.
pub const GATE: &str = "two-person-rule-gate";
