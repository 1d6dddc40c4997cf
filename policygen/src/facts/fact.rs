//! The facts, each with its anchor in `docs/facts.md`.

/// What the gate relies on, and neither a recording nor the documentation settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// `updatedBy` of an approval by a role session is the assumed-role ARN with the session's name.
    RoleSessionArn,
    /// `updatedBy` of the history and `lastUpdatedBy` of the state name one approver.
    OneApprover,
    /// The token of an approval is its actionExecutionId.
    TokenIsTheAttempt,
    /// An open approval of a PARALLEL execution shows its token.
    ParallelToken,
    /// CodePipeline notices an answer within a minute.
    NoticingLag,
    /// An approval that timed out has no error code.
    TimeoutCode,
    /// The trigger says who or what started an execution.
    TriggerShape,
    /// GetJobDetails gives a Lambda job its pipeline execution.
    JobExecution,
    /// GetJobDetails gives the action's configuration.
    JobConfiguration,
    /// GetJobDetails gives the UserParameters that the event has, or with their variable left open.
    JobParameters,
    /// GetJobDetails gives the gate's own run the id that the history has.
    OwnRun,
    /// IAM lets nobody make a role that is called like one of IAM Identity Center's.
    ReservedNames,
}

impl Fact {
    /// Every fact, in the order of the documentation.
    pub(crate) const ALL: [Self; 12] = [
        Self::RoleSessionArn,
        Self::OneApprover,
        Self::TokenIsTheAttempt,
        Self::ParallelToken,
        Self::NoticingLag,
        Self::TimeoutCode,
        Self::TriggerShape,
        Self::JobExecution,
        Self::JobConfiguration,
        Self::JobParameters,
        Self::OwnRun,
        Self::ReservedNames,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RoleSessionArn => "role-session-arn",
            Self::OneApprover => "one-approver",
            Self::TokenIsTheAttempt => "token-is-the-attempt",
            Self::ParallelToken => "parallel-token",
            Self::NoticingLag => "noticing-lag",
            Self::TimeoutCode => "timeout-code",
            Self::TriggerShape => "trigger-shape",
            Self::JobExecution => "job-execution",
            Self::JobConfiguration => "job-configuration",
            Self::JobParameters => "job-parameters",
            Self::OwnRun => "own-run",
            Self::ReservedNames => "reserved-names",
        }
    }

    /// What happens if it does not hold.
    pub(crate) fn if_not(self) -> &'static str {
        match self {
            Self::RoleSessionArn => "approvals through trusted roles are refused as unattributable",
            Self::OneApprover => "the approval counts for nobody (principal-mismatch)",
            Self::TokenIsTheAttempt => "evidence finds CloudTrail's event by its time",
            Self::ParallelToken => "scripts have to take the token from the notification",
            Self::NoticingLag => {
                "maxAgeMinutes may count an approval as younger than it is, by what is beyond a minute"
            }
            Self::TimeoutCode => "a time-out is not taken for a rejection; the action lacks its approval all the same",
            Self::TriggerShape => "under excludeInitiator nobody counts",
            Self::JobExecution => "every job fails until `pipelineExecutionId` is in its UserParameters",
            Self::JobConfiguration => "every job fails: the gate cannot tell whose it is",
            Self::JobParameters => "every job fails: the event is not believed",
            Self::OwnRun => "the gate finds its run by stage, action and status instead",
            Self::ReservedNames => "the gate asks IAM for the role's path, and does not rely on it",
        }
    }
}

/// What was seen of a fact, in words that hold no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Holds(String),
    Fails(String),
    Unseen(String),
}

impl Seen {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Holds(_) => "holds",
            Self::Fails(_) => "does-not-hold",
            Self::Unseen(_) => "not-seen",
        }
    }

    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Holds(words) | Self::Fails(words) | Self::Unseen(words) => words,
        }
    }
}

/// A fact, and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) fact: Fact,
    pub(crate) seen: Seen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_anchor_in_the_documentation() {
        let documentation = include_str!("../../../docs/facts.md");
        let anchors: Vec<&str> = documentation
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .collect();
        assert_eq!(anchors, Fact::ALL.map(Fact::as_str));
    }
}
