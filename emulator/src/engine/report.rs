//! Reports on jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Engine;
use super::error::{ApiError, ErrorCode};

/// The greatest total size of an action's output variables.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const OUTPUT_VARIABLES_BYTES: usize = 122_880;

/// The report of a job's function.
///
/// It has no summary and no external id of a success: AWS accepts them and shows them nowhere.
#[derive(Debug)]
pub struct Report {
    /// The outcome that it reports.
    pub outcome: Outcome,
    /// The whole report. A job accepts the same report twice, but not a different one.
    pub content: Value,
}

/// The reported outcome of a job.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The job is done.
    Success {
        /// The output variables, for later actions.
        output_variables: BTreeMap<String, String>,
    },
    /// The job wants another invocation.
    Continue {
        /// The token for that invocation.
        token: String,
    },
    /// The job failed.
    Failure {
        /// The failure type.
        code: String,
        /// The text.
        message: String,
    },
}

impl Engine {
    /// `PutJobSuccessResult` and `PutJobFailureResult`.
    ///
    /// # Errors
    /// If no job has that id, or another report was made on it.
    pub fn report(&mut self, job_id: &str, report: Report, now: Timestamp) -> Result<(), ApiError> {
        self.world.now = now;
        for pipeline in self.pipelines.values_mut().chain(&mut self.deleted) {
            let mut executions = pipeline.executions.iter_mut();
            if let Some(execution) =
                executions.find(|execution| execution.run_of_job(job_id).is_some())
            {
                execution.take_report(job_id, report, &mut self.world)?;
                pipeline.advance(&mut self.world);
                return Ok(());
            }
        }
        Err(no_job(job_id))
    }
}

impl Report {
    /// Checks that AWS would accept the report at all.
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

    /// Checks a later report on the same job. It is accepted only if it is the same.
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

/// The error for a report on a job that has already ended.
pub(super) fn terminated(job_id: &str) -> ApiError {
    ErrorCode::InvalidJobState.because(format!("Job with id {job_id} has already terminated"))
}

/// The error for a job that does not exist.
pub(super) fn no_job(job_id: &str) -> ApiError {
    ErrorCode::JobNotFound.because(format!("Job with id '{job_id}' does not exist"))
}
