//! Who is the same human, and did enough of them approve?
//!
//! Pure functions from facts to a [`Decision`]: no AWS SDK, no clock, no environment, no I/O. The
//! gate judges one pipeline execution while it runs, an auditor judges past ones. Both get the same
//! answer, because one function reads principals ([`Rule::keys`]), one counts persons ([`persons`])
//! and one judges ([`decide()`]).
//!
//! Two invariants hold everywhere. Comments name them where the code relies on them, and property
//! tests check them:
//!
//! - **INVARIANT (merge only):** what a caller can choose may only merge persons, never split them,
//!   and never lends a name or blame.
//! - **INVARIANT (fail closed):** no evidence, no person. Anything missing, malformed, unknown or
//!   contradictory lowers the count or is an error. It never raises the count.

mod account;
mod approval;
mod attempts;
mod authorship;
mod called;
mod changes;
mod decide;
mod decision;
mod digest;
mod error;
mod excluded;
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
mod proof;
mod quorum;
mod reason;
mod report;
mod reviewed;
mod reviews;
mod revisions;
mod roster;
mod rule;
mod rule_file;
#[cfg(feature = "schema")]
mod schema;
mod session_name;
mod signature_record;
mod signed;
mod signing_keys;
mod splits;
mod standing;
mod strict;
mod trusted_role;
mod written;

pub use account::{Account, RESERVED_PATH};
pub use attempts::Attempts;
pub use authorship::{Authorship, reviews_variable};
pub use changes::{AddedKey, Change, Effect};
pub use decide::{decide, decide_on};
pub use decision::{
    AtIs, Decision, DeskRecord, EffectiveRule, JudgedApproval, Reason, Record, Satisfied, Verdict,
};
pub use error::RuleError;
pub use facts::{ActionKind, Approver, Attempt, Execution, Facts, Initiator, Invoked, Status};
pub use identity::{AmbiguousPerson, Basis};
pub use key::{Key, Keys};
pub use misfit::Misfit;
pub use person::{Person, persons};
pub use principal::{Principal, PrincipalKind};
pub use proof::{Environment, ProofSettings};
pub use quorum::Quorum;
pub use reason::ReasonCode;
pub use report::{REFUSAL_LIMIT, SUMMARY_LIMIT, cut, is_refusal, output_variable};
pub use reviewed::Reviewed;
pub use reviews::{Reviews, ReviewsRecord};
pub use revisions::{UnknownRevision, revisions};
pub use rule::Rule;
pub use signature_record::SignatureRecord;
pub use signing_keys::RequireSignature;
pub use splits::Split;
pub use trusted_role::{SharedRoles, Trust};
#[cfg(feature = "schema")]
pub use written::rule_schema;
