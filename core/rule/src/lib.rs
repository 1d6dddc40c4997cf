//! Who is the same human, and did enough of them approve?
//!
//! Pure functions from facts to a [`Decision`]: no AWS SDK, no clock, no environment, no I/O. The
//! gate feeds it one pipeline execution as it happens; an auditor feeds it the past. Both get the
//! same answer, because there is one function that reads principals ([`Rule::keys`]), one that
//! counts persons ([`persons`]) and one that judges ([`decide()`]).
//!
//! Two invariants hold everywhere, are named where the code relies on them, and are held by
//! property tests:
//!
//! - **INVARIANT (merge only):** what a caller can choose may only merge persons, never split them,
//!   and never lends a name or blame.
//! - **INVARIANT (fail closed):** no evidence, no person. Whatever is missing, malformed, unknown
//!   or contradictory lowers the count or is an error; nothing raises it.

mod account;
mod approval;
mod attempts;
mod decide;
mod decision;
mod facts;
mod glob;
mod handle;
mod identity;
mod key;
mod lint;
mod message;
mod misfit;
mod pattern;
mod person;
mod principal;
mod reason;
mod roster;
mod rule;
mod rule_file;
mod session_name;
mod splits;
mod trusted_role;

pub use account::{Account, RESERVED_PATH};
pub use decide::decide;
pub use decision::{
    AtIs, Decision, EffectiveRule, JudgedApproval, Reason, Record, Satisfied, Verdict,
};
pub use facts::{ActionKind, Approver, Attempt, Execution, Facts, Initiator, Status};
pub use identity::{AmbiguousPerson, Basis};
pub use key::{Key, Keys};
pub use message::{REFUSAL_LIMIT, SUMMARY_LIMIT, cut};
pub use misfit::Misfit;
pub use person::{Person, persons};
pub use principal::{Principal, PrincipalKind};
pub use reason::ReasonCode;
pub use rule::{Quorum, Rule, SharedRoles};
pub use rule_file::RuleError;
pub use splits::Split;
pub use trusted_role::Trust;
