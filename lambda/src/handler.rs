//! One invocation: gather, decide, record, report.

use std::io::Write;

use jiff::Timestamp;
use rule::{Decision, decide};

use crate::event::Job;
use crate::failure::{Failure, FailureKind};
use crate::floor::Floor;
use crate::gather::gather;
use crate::journal::Journal;
use crate::port::{CallError, CodePipeline, Operation};
use crate::retry::Budget;

/// The report did not get through, so the invocation fails and Lambda tries it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result of job {job_id} could not be reported: {problem}")]
pub struct InvocationError {
    /// The job.
    pub job_id: String,
    /// Why.
    pub problem: CallError,
}

/// Judges one job, writes the decision down and reports exactly one result.
///
/// # Errors
/// [`InvocationError`] when the report itself fails. That the job has its result already is no error: Lambda tries invocations again.
pub async fn handle(
    codepipeline: &impl CodePipeline,
    floor: &Floor,
    job: &Job,
    budget: Budget,
    now: Timestamp,
    journal: &mut Journal<impl Write>,
) -> Result<(), InvocationError> {
    let judged = judge(codepipeline, floor, job, budget, now).await;
    match &judged {
        Ok(decision) => journal.decision(decision),
        Err(failure) => journal.failure(&job.id, failure, now),
    }
    let reported = report(codepipeline, job, budget, judged).await;
    match reported {
        Ok(()) => Ok(()),
        Err(CallError::AlreadyReported { .. }) => {
            tracing::info!(job_id = job.id, "the job has its result already");
            Ok(())
        }
        Err(problem) => {
            tracing::error!(job_id = job.id, %problem, "the result could not be reported");
            Err(InvocationError {
                job_id: job.id.clone(),
                problem,
            })
        }
    }
}

async fn judge(
    codepipeline: &impl CodePipeline,
    floor: &Floor,
    job: &Job,
    budget: Budget,
    now: Timestamp,
) -> Result<Decision, Failure> {
    let floor = floor.rule()?;
    let rule = match &job.user_parameters {
        Some(parameters) => floor
            .tightened_by(parameters)
            .map_err(|error| Failure::user_parameters(&error))?,
        None => floor.clone(),
    };
    let details = budget
        .read(Operation::GetJobDetails, || codepipeline.job_details(&job.id))
        .await?;
    let facts = gather(codepipeline, &rule, job, details, budget, now).await?;
    Ok(decide(&rule, &facts)?)
}

/// Exactly one report: a success where the decision proves that it is satisfied, a failure in every other case.
async fn report(
    codepipeline: &impl CodePipeline,
    job: &Job,
    budget: Budget,
    judged: Result<Decision, Failure>,
) -> Result<(), CallError> {
    let failure = match &judged {
        Ok(decision) => match decision.satisfied() {
            Some(satisfied) => {
                return budget
                    .report(Operation::PutJobSuccessResult, || {
                        codepipeline.report_success(&job.id, satisfied)
                    })
                    .await;
            }
            None => Failure::new(FailureKind::JobFailed, &decision.refusal().unwrap_or_default()),
        },
        Err(failure) => failure.clone(),
    };
    budget
        .report(Operation::PutJobFailureResult, || {
            codepipeline.report_failure(&job.id, &failure)
        })
        .await
}
