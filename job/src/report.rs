//! Exactly one result for a job.

use facts::CallError;

use crate::budget::Budget;
use crate::failure::Failure;
use crate::jobs::{Jobs, PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT, Reported};
use crate::program::Program;

/// Why an invocation fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The report failed, so Lambda tries the invocation again.
    #[error("the result of job {job_id} could not be reported: {problem}")]
    NotReported {
        /// The job.
        job_id: String,
        /// Why.
        problem: CallError,
    },
    /// The job asks for another function, and only that function may report its result.
    #[error("job {job_id} is not this function's, so nothing was reported for it: {problem}")]
    NotOurs {
        /// The job.
        job_id: String,
        /// How we know.
        problem: String,
    },
}

impl InvocationError {
    /// The error for a job of another function. Logs it.
    #[must_use]
    pub fn not_ours(job_id: &str, problem: String) -> Self {
        tracing::error!(job_id, problem, "the job is not this function's");
        Self::NotOurs { job_id: job_id.to_owned(), problem }
    }

    /// The name of the error in Lambda.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotReported { .. } => "NotReported",
            Self::NotOurs { .. } => "NotOurs",
        }
    }
}

/// Reports one result. If AWS refuses a success, the action would hang for 20 minutes without a
/// message, so a failure is reported; `on_refused` gets it before. If the report may have arrived,
/// Lambda tries the invocation again.
///
/// # Errors
/// [`InvocationError::NotReported`] if the report itself fails. If the job has its result already,
/// that is not an error: Lambda repeats invocations.
pub async fn report<S>(
    program: &Program,
    jobs: &impl Jobs<S>,
    job_id: &str,
    budget: Budget,
    outcome: Result<&S, &Failure>,
    on_refused: impl FnOnce(&Failure),
) -> Result<(), InvocationError> {
    let fail = async |failure: &Failure| {
        let call = || jobs.report_failure(job_id, failure);
        budget.report.call(PUT_JOB_FAILURE_RESULT, call).await
    };
    let reported = match outcome {
        Err(failure) => fail(failure).await,
        Ok(success) => {
            let call = || jobs.report_success(job_id, success);
            match budget.report.call(PUT_JOB_SUCCESS_RESULT, call).await {
                Err(error @ (CallError::AccessDenied { .. } | CallError::Refused { .. })) => {
                    let failure = program.success_refused(&error);
                    on_refused(&failure);
                    fail(&failure).await
                }
                reported => reported,
            }
        }
    };
    match reported {
        Ok(Reported::Now) => Ok(()),
        Ok(Reported::Already) => {
            tracing::info!(job_id, "the job has its result already");
            Ok(())
        }
        Err(problem) => {
            tracing::error!(job_id, %problem, "the result could not be reported");
            Err(InvocationError::NotReported { job_id: job_id.to_owned(), problem })
        }
    }
}
