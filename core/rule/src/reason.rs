//! Codes for why an approval did not count, or why the approvals were not enough.

use serde::{Deserialize, Serialize};

/// The stable reason codes. Each has an anchor of the same name in `docs/reasons.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ReasonCode {
    /// Two or more approvals came from one person.
    SamePerson,
    /// A required action has no finished approval in this execution.
    MissingApproval,
    /// The newest attempt of a required action was rejected or timed out.
    Rejected,
    /// The approval was not opened after the newest rejection in this execution.
    SupersededByRejection,
    /// The approval's principal cannot be attributed to a person.
    Unattributable,
    /// The approval came through an untrusted role, and the rule rejects such approvals.
    SharedRole,
    /// The approval came from the person who started the execution, or nobody can rule that out.
    Initiator,
    /// The approval came from somebody who wrote what is released, or nobody can rule that out.
    Author,
    /// The approval is older than `maxAgeMinutes`, or its age is unknown.
    TooOld,
    /// The approver is not on the action's roster, or `onlyPeople` is set and the approver is not
    /// in `people`.
    NotOnRoster,
    /// A required action is not of type Approval/AWS/Manual.
    NotAManualApproval,
    /// The pipeline's state and its history name different approvers.
    PrincipalMismatch,
    /// The approver is a machine by `notPeople`.
    NotAPerson,
    /// The approval is not signed as `requireSignature` asks.
    NotSigned,
    /// The comment carries a signature that proves nothing, or that is not of the person who
    /// approved.
    BadSignature,
    /// Fewer persons counted than the quorum.
    QuorumNotMet,
}

impl ReasonCode {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 16] = [
        Self::SamePerson,
        Self::MissingApproval,
        Self::Rejected,
        Self::SupersededByRejection,
        Self::Unattributable,
        Self::SharedRole,
        Self::Initiator,
        Self::Author,
        Self::TooOld,
        Self::NotOnRoster,
        Self::NotAManualApproval,
        Self::PrincipalMismatch,
        Self::NotAPerson,
        Self::NotSigned,
        Self::BadSignature,
        Self::QuorumNotMet,
    ];

    /// The code in records, messages, metrics and the documentation.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SamePerson => "same-person",
            Self::MissingApproval => "missing-approval",
            Self::Rejected => "rejected",
            Self::SupersededByRejection => "superseded-by-rejection",
            Self::Unattributable => "unattributable",
            Self::SharedRole => "shared-role",
            Self::Initiator => "initiator",
            Self::Author => "author",
            Self::TooOld => "too-old",
            Self::NotOnRoster => "not-on-roster",
            Self::NotAManualApproval => "not-a-manual-approval",
            Self::PrincipalMismatch => "principal-mismatch",
            Self::NotAPerson => "not-a-person",
            Self::NotSigned => "not-signed",
            Self::BadSignature => "bad-signature",
            Self::QuorumNotMet => "quorum-not-met",
        }
    }
}

impl std::fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_and_the_text_spell_a_code_the_same_way() {
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn every_code_has_its_anchor_in_the_documentation() {
        let documentation = include_str!("../../../docs/reasons.md");
        let anchors: Vec<&str> =
            documentation.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(anchors, ReasonCode::ALL.map(ReasonCode::as_str));
    }
}
