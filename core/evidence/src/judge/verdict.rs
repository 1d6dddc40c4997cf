//! The verdict on an execution.

/// The verdict on an execution. It has more values than the gate's, because an execution can also
/// end before its gate, or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enough persons approved.
    Satisfied,
    /// Not enough persons approved.
    Unsatisfied,
    /// It released something, and the gate never ran in it.
    NoGate,
    /// It is in progress, and the gate may still run.
    NotFinished,
    /// It ended before its approvals and released nothing.
    NotApplicable,
    /// The record or the rule is wrong, which prevents a verdict.
    Error,
}

impl Verdict {
    pub(crate) const ALL: [Self; 6] = [
        Self::Satisfied,
        Self::Unsatisfied,
        Self::NoGate,
        Self::NotFinished,
        Self::NotApplicable,
        Self::Error,
    ];

    /// The name that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
            Self::NoGate => "no-gate",
            Self::NotFinished => "not-finished",
            Self::NotApplicable => "not-applicable",
            Self::Error => "error",
        }
    }

    /// What it means: a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Satisfied => "Enough different people approved everything required.",
            Self::Unsatisfied => {
                "Not enough people approved. If the execution stopped there, the gate did its \
                 work, and there is nothing to look at."
            }
            Self::NoGate => "The execution was released, and the gate never ran in it.",
            Self::NotFinished => "The execution is in progress, and the gate may still run.",
            Self::NotApplicable => {
                "The execution ended before its approvals, so nothing was released."
            }
            Self::Error => "The record or the rule is wrong, which prevents a verdict.",
        }
    }
}
