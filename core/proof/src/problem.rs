//! Why a proof does not show a release.

use std::fmt;

/// Why a proof does not show that a release may be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code.
    pub code: ProblemCode,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

/// What can be wrong with a proof. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemCode {
    /// The statement is not one of ours.
    Malformed,
    /// The gate's key did not sign it.
    EnvelopeSignature,
    /// Only the gate's key could vouch for what is asked, and no key was given.
    NeedsTheGatesKey,
    /// It has expired.
    Expired,
    /// It was made longer ago than is allowed.
    TooOld,
    /// It was made later than now.
    FromTheFuture,
    /// It is of another pipeline.
    AnotherPipeline,
    /// It is for another environment.
    AnotherEnvironment,
    /// It does not name an artifact.
    ArtifactNotNamed,
    /// By the verifier's own rule, too few people approved.
    NotSatisfied,
    /// The verifier's own rule does not fit the execution.
    OwnRule,
}

impl ProblemCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::EnvelopeSignature,
        Self::NeedsTheGatesKey,
        Self::Expired,
        Self::TooOld,
        Self::FromTheFuture,
        Self::AnotherPipeline,
        Self::AnotherEnvironment,
        Self::ArtifactNotNamed,
        Self::NotSatisfied,
        Self::OwnRule,
    ];

    /// Its name in output and in the docs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::EnvelopeSignature => "envelope-signature",
            Self::NeedsTheGatesKey => "needs-the-gates-key",
            Self::Expired => "expired",
            Self::TooOld => "too-old",
            Self::FromTheFuture => "from-the-future",
            Self::AnotherPipeline => "another-pipeline",
            Self::AnotherEnvironment => "another-environment",
            Self::ArtifactNotNamed => "artifact-not-named",
            Self::NotSatisfied => "not-satisfied",
            Self::OwnRule => "own-rule",
        }
    }

    pub(crate) fn because(self, message: impl Into<String>) -> Problem {
        Problem { code: self, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}
