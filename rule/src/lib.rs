//! Who is the same human, and did enough of them approve?
//!
//! Pure functions from facts to a [`Decision`]: no AWS SDK, no clock, no environment, no I/O. The gate feeds it one
//! pipeline execution as it happens; an auditor feeds it the past. Both get the same answer, because there is one function
//! that reads principals ([`Rule::keys`]), one that counts persons ([`persons`]) and one that judges ([`decide`]).
//!
//! Two invariants hold everywhere, are named where the code relies on them, and are held by property tests:
//!
//! - **INVARIANT (merge only):** what a caller can choose may only merge persons, never split them, and never lends a name.
//! - **INVARIANT (fail closed):** no evidence, no person. Whatever is missing, malformed, unknown or contradictory lowers the
//!   count or is an error; nothing raises it.

mod approval;
mod attempts;
mod decide;
mod decision;
mod facts;
mod glob;
mod identity;
mod key;
mod message;
mod person;
mod principal;
mod reason;
mod rule;
mod rule_file;

pub use decide::decide;
pub use decision::{Decision, EffectiveRule, JudgedApproval, Reason, Record, Satisfied, Verdict};
pub use facts::{ActionKind, Approver, Attempt, Execution, Facts, Initiator, Status};
pub use identity::AmbiguousPerson;
pub use key::{Key, Keys};
pub use message::{REFUSAL_LIMIT, SUMMARY_LIMIT, cut};
pub use person::{Person, persons};
pub use principal::{Principal, PrincipalKind};
pub use reason::ReasonCode;
pub use rule::{Quorum, Rule, SharedRoles};
pub use rule_file::RuleError;
