//! AWS accounts generated from a seed, with the findings that an audit must report.
//!
//! Every finding is planted by a scenario: a small pattern with its own users, groups, roles and
//! policies. The source of a scenario declares its findings, so they are true by construction, and
//! nothing here evaluates a policy. Many scenarios are traps: they have no findings, or fewer than
//! it seems. Noise surrounds them.

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
mod size;
#[cfg(test)]
mod tests;
mod trusted;

pub use code::Code;
pub use generate::{Generated, alone, generate};
pub use liveness::{Liveness, accounts as liveness_accounts};
pub use plot::Planted;
pub use size::{LARGE, MIDDLE, SMALL, Size};
pub use trusted::{RULE, account as account_with_trusted_roles};

/// The id of the account.
pub const ACCOUNT: &str = "111122223333";
/// The first approval action.
pub const SLOT_A: &str = "ApprovalA";
/// The second approval action.
pub const SLOT_B: &str = "ApprovalB";
/// The name of the gate's function.
pub const GATE: &str = "two-person-rule-gate";
