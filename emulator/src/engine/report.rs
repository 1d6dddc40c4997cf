//! What a job's function reports.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{ApiError, ErrorCode};

/// The size of all output variables of one action together.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const OUTPUT_VARIABLES_BYTES: usize = 122_880;

/// What a job's function reports.
///
/// A success's summary and external id are not here: AWS takes them and shows them nowhere.
#[derive(Debug)]
pub struct Report {
    /// What it says.
    pub outcome: Outcome,
    /// All of it: the same report may be put twice, another one may not.
    pub content: Value,
}

/// What a report says of its job.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is done.
    Success {
        /// What it hands to later actions.
        output_variables: BTreeMap<String, String>,
    },
    /// It asks to be invoked again.
    Continue {
        /// What it wants to be told then.
        token: String,
    },
    /// It failed.
    Failure {
        /// The failure type.
        code: String,
        /// The text.
        message: String,
    },
}

impl Report {
    /// Whether AWS would take it at all.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let Outcome::Success { output_variables } = &self.outcome else {
            return Ok(());
        };
        let sizes = output_variables.iter().map(|(name, value)| name.len() + value.len());
        let bytes: usize = sizes.sum();
        if bytes > OUTPUT_VARIABLES_BYTES {
            return Err(ErrorCode::OutputVariablesSizeExceeded.because(format!(
                "The output variables take {bytes} bytes, and {OUTPUT_VARIABLES_BYTES} is the most"
            )));
        }
        Ok(())
    }

    /// Whether another report on the same job is accepted after this one: it is if it says the
    /// same.
    pub(super) fn check_repeated(&self, job_id: &str, other: &Self) -> Result<(), ApiError> {
        let fails = |report: &Self| matches!(report.outcome, Outcome::Failure { .. });
        if fails(self) != fails(other) {
            return Err(terminated(job_id));
        }
        if self.content != other.content {
            return Err(ErrorCode::InvalidJobState.because(format!(
                "The status of job with id {job_id} is already set to the desired value. It cannot be updated with the \
                 same status, but different result or output variables."
            )));
        }
        Ok(())
    }
}

/// What a report on a job is told that has ended otherwise.
pub(super) fn terminated(job_id: &str) -> ApiError {
    ErrorCode::InvalidJobState.because(format!("Job with id {job_id} has already terminated"))
}
