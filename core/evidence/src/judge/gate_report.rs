//! What the gate reported in a past execution.

use rule::{Status, is_refusal, output_variable};

use crate::read::history::ActionExecution;

/// The report of one run of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateReport {
    /// Satisfied, according to its output variables.
    Satisfied {
        /// `Approvers`: the persons that it counted.
        approvers: Option<String>,
        /// `Basis`: what they rested on.
        basis: Option<String>,
        /// `PipelineExecutionId`: the execution that it judged.
        execution_id: Option<String>,
        /// `RuleDigest`: the digest of the rule in its environment. Older gates do not report it.
        rule_digest: Option<String>,
        /// `GateVersion`. Older gates do not report it.
        gate_version: Option<String>,
    },
    /// Unsatisfied, according to the message of its refusal.
    Unsatisfied,
    /// The action succeeded without a verdict. Another principal may have reported success in the
    /// gate's place.
    SuccessWithoutVerdict,
    /// The action failed without a verdict, for example because of a wrong rule, a missing
    /// permission, an outage or a time-out.
    Failure,
    /// The run is not finished, or was abandoned before it reported.
    Nothing,
}

impl GateReport {
    pub(crate) fn from_action(action: &ActionExecution) -> Self {
        let output = |name| action.outputs.get(name).cloned();
        match action.attempt.status {
            Status::Succeeded => match output(output_variable::VERDICT) {
                Some(verdict) if verdict == rule::Verdict::Satisfied.as_str() => Self::Satisfied {
                    approvers: output(output_variable::APPROVERS),
                    basis: output(output_variable::BASIS),
                    execution_id: output(output_variable::PIPELINE_EXECUTION_ID),
                    rule_digest: output(output_variable::RULE_DIGEST),
                    gate_version: output(output_variable::GATE_VERSION),
                },
                Some(_) | None => Self::SuccessWithoutVerdict,
            },
            Status::Failed if message_of(action).is_some_and(is_refusal) => Self::Unsatisfied,
            Status::Failed => Self::Failure,
            Status::InProgress | Status::Abandoned | Status::Unknown => Self::Nothing,
        }
    }

    /// The name that reports use.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Satisfied { .. } => "satisfied",
            Self::Unsatisfied => "unsatisfied",
            Self::SuccessWithoutVerdict => "success-without-verdict",
            Self::Failure => "failure",
            Self::Nothing => "nothing",
        }
    }
}

/// The message of a run: why it failed or, after a success, its output variable `Summary`. AWS does
/// not show any other text that a Lambda action reports with its success.
pub(crate) fn message_of(action: &ActionExecution) -> Option<&str> {
    if action.attempt.status == Status::Succeeded {
        return action.outputs.get(output_variable::SUMMARY).map(String::as_str);
    }
    let error = action.error.as_ref().and_then(|error| error.message.as_deref());
    error.or(action.attempt.comment.as_deref())
}
