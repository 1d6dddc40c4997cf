//! What an auditor has to look at.

use findings::Severity;

/// The stable codes. Each has an anchor of the same name in `docs/evidence.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionCode {
    /// The execution went on, and the gate never ran in it.
    NoGate,
    /// The execution went on without enough persons by the rule.
    UnsatisfiedRelease,
    /// The execution went on although the gate's action did not succeed.
    WentPastGate,
    /// The gate said one thing, and today's evaluation says another.
    VerdictDiffers,
    /// The gate's action succeeded without reporting a verdict.
    SuccessWithoutVerdict,
    /// CloudTrail names another principal than CodePipeline.
    PrincipalDiffers,
    /// CloudTrail shows one human behind two persons, and without the second the quorum is not met.
    SameHuman,
    /// CloudTrail shows that somebody else took, and named, the trusted session of a person.
    TakenByAnother,
    /// Two persons' sessions have one source identity.
    SharedSourceIdentity,
    /// An approval came through a role that is called like one of IAM Identity Center's, and is not
    /// one.
    LookAlikeRole,
    /// What ran behind the gate ran under another version of the pipeline.
    StructureChangedAfterGate,
    /// There is no verdict, and the execution went on or may have.
    NotEvaluated,
    /// There is no verdict, and the execution did not go on.
    StoppedUnevaluated,
    /// The gate counted other persons than today's evaluation.
    ApproversDiffer,
    /// The verdict takes something for granted that nothing proves, by the rule's choice.
    RestsOnAssumption,
    /// What was released was released longer after its approval than the rule lets an approval be
    /// old.
    ReleasedLongAfterApproval,
    /// The gate failed without a verdict, where today's evaluation is satisfied.
    GateFailed,
    /// CloudTrail was asked, and has no event for an approval.
    NoTrail,
}

impl ExceptionCode {
    /// Every code, in the order of the documentation.
    #[cfg(test)]
    pub const ALL: [Self; 18] = [
        Self::NoGate,
        Self::UnsatisfiedRelease,
        Self::WentPastGate,
        Self::VerdictDiffers,
        Self::SuccessWithoutVerdict,
        Self::PrincipalDiffers,
        Self::SameHuman,
        Self::TakenByAnother,
        Self::SharedSourceIdentity,
        Self::LookAlikeRole,
        Self::StructureChangedAfterGate,
        Self::NotEvaluated,
        Self::StoppedUnevaluated,
        Self::ApproversDiffer,
        Self::RestsOnAssumption,
        Self::ReleasedLongAfterApproval,
        Self::GateFailed,
        Self::NoTrail,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGate => "no-gate",
            Self::UnsatisfiedRelease => "unsatisfied-release",
            Self::WentPastGate => "went-past-gate",
            Self::VerdictDiffers => "verdict-differs",
            Self::SuccessWithoutVerdict => "success-without-verdict",
            Self::PrincipalDiffers => "principal-differs",
            Self::SameHuman => "same-human",
            Self::TakenByAnother => "taken-by-another",
            Self::SharedSourceIdentity => "shared-source-identity",
            Self::LookAlikeRole => "look-alike-role",
            Self::StructureChangedAfterGate => "structure-changed-after-gate",
            Self::NotEvaluated => "not-evaluated",
            Self::StoppedUnevaluated => "stopped-unevaluated",
            Self::ApproversDiffer => "approvers-differ",
            Self::RestsOnAssumption => "rests-on-assumption",
            Self::ReleasedLongAfterApproval => "released-long-after-approval",
            Self::GateFailed => "gate-failed",
            Self::NoTrail => "no-trail",
        }
    }

    pub fn severity(self) -> Severity {
        match self {
            Self::NoGate
            | Self::UnsatisfiedRelease
            | Self::WentPastGate
            | Self::VerdictDiffers
            | Self::SuccessWithoutVerdict
            | Self::PrincipalDiffers
            | Self::SameHuman
            | Self::TakenByAnother
            | Self::SharedSourceIdentity
            | Self::LookAlikeRole
            | Self::StructureChangedAfterGate
            | Self::NotEvaluated => Severity::Error,
            Self::StoppedUnevaluated
            | Self::ApproversDiffer
            | Self::RestsOnAssumption
            | Self::ReleasedLongAfterApproval => Severity::Warning,
            Self::GateFailed | Self::NoTrail => Severity::Note,
        }
    }

    /// Whether a verdict that enough people approved cannot stand beside it.
    pub fn unsettles_verdict(self) -> bool {
        matches!(self, Self::SameHuman | Self::TakenByAnother)
    }
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub code: ExceptionCode,
    /// What is wrong: a whole sentence.
    pub message: String,
}

impl Exception {
    pub fn new(code: ExceptionCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What counts as an exception in a summary: a note does not.
    pub fn is_exceptional(&self) -> bool {
        self.code.severity() > Severity::Note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_anchor_and_its_severity_in_the_documentation() {
        let documentation = include_str!("../../../docs/evidence.md");
        let section = documentation.split_once("## Exceptions").unwrap().1;
        let section = section.split("\n## ").next().unwrap();
        let documented: Vec<(&str, &str)> = section
            .split("\n### ")
            .skip(1)
            .filter_map(|text| {
                let (code, rest) = text.split_once("\n\n*")?;
                Some((code, rest.split_once("*.")?.0))
            })
            .collect();
        let defined = ExceptionCode::ALL.map(|code| (code.as_str(), code.severity().as_str()));
        assert_eq!(documented, defined);
    }
}
