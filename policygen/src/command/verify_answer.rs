//! The answer of `verify` about a release.

use proof::{Problem, Verified};
use rule::{JudgedApproval, Record};

/// Who vouches for what nobody signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The gate, by the key that signed the proof.
    GatesKey,
    /// Nobody.
    PeopleAlone,
    /// CodePipeline, which was asked now.
    CodePipeline,
}

/// Whether enough people approved a release.
pub(super) struct Answer {
    pub(super) verified: Result<Verified, Vec<Problem>>,
    pub(super) source: Source,
}

/// The approvals that made the quorum.
pub(super) fn counted(record: &Record) -> impl Iterator<Item = &JudgedApproval> {
    record.approvals.iter().filter(|approval| approval.counted)
}
