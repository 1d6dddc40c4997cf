//! One invocation: check that the job is ours, gather, decide, record, report.

use std::io::Write;

use facts::{CallError, CodePipeline, Floor, Roles};
use jiff::Timestamp;
use rule::{Decision, decide};

use crate::budget::Budget;
use crate::event::Job;
use crate::failure::{Failure, FailureKind};
use crate::gather::gather;
use crate::jobs::{
    GET_JOB_DETAILS, Jobs, PUT_JOB_FAILURE_RESULT, PUT_JOB_SUCCESS_RESULT, Reported,
};
use crate::journal::Journal;
use crate::observation::Observation;
use crate::ownership::{Disowned, own_parameters};

/// The input of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The job of the event.
    pub job: Job,
    /// The ARN that this function was invoked with, according to Lambda.
    pub function_arn: String,
}

/// Where the gate asks and reports.
#[derive(Debug)]
pub struct Ports<'a, J, C, R> {
    /// Its own job.
    pub jobs: &'a J,
    /// The execution of the job.
    pub codepipeline: &'a C,
    /// The roles of the account.
    pub roles: &'a R,
}

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
    /// The name of the error in Lambda.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotReported { .. } => "NotReported",
            Self::NotOurs { .. } => "NotOurs",
        }
    }
}

/// Judges one job, logs the decision and reports exactly one result.
///
/// # Errors
/// [`InvocationError`] if the report itself fails, or if the job belongs to another
/// function. If the job has its result already, that is not an error: Lambda repeats invocations.
pub async fn handle(
    ports: &Ports<'_, impl Jobs, impl CodePipeline, impl Roles>,
    floor: &Floor,
    invocation: &Invocation,
    budget: Budget,
    now: Timestamp,
    journal: &mut Journal<impl Write>,
) -> Result<(), InvocationError> {
    let job = &invocation.job;
    let mut observation = Observation::default();
    let judged = match judge(ports, floor, invocation, budget, now, &mut observation).await {
        Ok(decision) => Ok(decision),
        Err(Disowned::Failure(failure)) => Err(failure),
        Err(Disowned::NotOurs(problem)) => {
            tracing::error!(job_id = job.id, problem, "the job is not this function's");
            return Err(InvocationError::NotOurs { job_id: job.id.clone(), problem });
        }
    };
    journal.observation(&observation);
    match &judged {
        Ok(decision) => journal.decision(decision),
        Err(failure) => journal.failure(&job.id, failure, now),
    }
    let reported = match report(ports.jobs, job, budget, judged).await {
        Err(ReportError::SuccessDenied(failure)) => {
            journal.failure(&job.id, &failure, now);
            report_failure(ports.jobs, job, budget, &failure).await
        }
        Err(ReportError::Other(problem)) => Err(problem),
        Ok(reported) => Ok(reported),
    };
    match reported {
        Ok(Reported::Now) => Ok(()),
        Ok(Reported::Already) => {
            tracing::info!(job_id = job.id, "the job has its result already");
            Ok(())
        }
        Err(problem) => {
            tracing::error!(job_id = job.id, %problem, "the result could not be reported");
            Err(InvocationError::NotReported { job_id: job.id.clone(), problem })
        }
    }
}

async fn judge(
    Ports { jobs, codepipeline, roles }: &Ports<'_, impl Jobs, impl CodePipeline, impl Roles>,
    floor: &Floor,
    Invocation { job, function_arn }: &Invocation,
    budget: Budget,
    now: Timestamp,
    observation: &mut Observation,
) -> Result<Decision, Disowned> {
    let fail = Disowned::Failure;
    let details = budget.gather.call(GET_JOB_DETAILS, || jobs.job_details(&job.id)).await;
    let details = details.map_err(|error| fail(error.into()))?;
    observation.see_details(job, &details);
    let parameters = own_parameters(job, &details, function_arn)?;
    let floor = floor.rule().map_err(|error| fail(error.into()))?;
    let rule = match parameters {
        Some(parameters) => floor
            .tightened_by(&parameters, &details.stage)
            .map_err(|error| fail(Failure::user_parameters(&error)))?,
        None => floor.clone(),
    };
    let facts = gather(*codepipeline, *roles, &rule, job, &details, budget.gather, now)
        .await
        .map_err(fail)?;
    observation.see_history(&details, &facts.attempts);
    decide(&rule, &facts).map_err(|error| fail(error.into()))
}

/// Why a report failed.
enum ReportError {
    /// AWS refuses the success. This is the failure to report instead.
    SuccessDenied(Failure),
    Other(CallError),
}

/// Sends exactly one report: a success if the decision proves that it is satisfied, otherwise a
/// failure.
async fn report(
    jobs: &impl Jobs,
    job: &Job,
    budget: Budget,
    judged: Result<Decision, Failure>,
) -> Result<Reported, ReportError> {
    let failure = match &judged {
        Ok(decision) => match decision.satisfied() {
            Some(satisfied) => {
                let success = || jobs.report_success(&job.id, satisfied);
                let reported = budget.report.call(PUT_JOB_SUCCESS_RESULT, success).await;
                return reported.map_err(after_a_success);
            }
            None => Failure::new(FailureKind::JobFailed, &decision.refusal().unwrap_or_default()),
        },
        Err(failure) => failure.clone(),
    };
    report_failure(jobs, job, budget, &failure).await.map_err(ReportError::Other)
}

async fn report_failure(
    jobs: &impl Jobs,
    job: &Job,
    budget: Budget,
    failure: &Failure,
) -> Result<Reported, CallError> {
    let call = || jobs.report_failure(&job.id, failure);
    budget.report.call(PUT_JOB_FAILURE_RESULT, call).await
}

/// What to do if a success could not be reported. If AWS refused it, the action would hang for 20
/// minutes without a message, so a failure is reported. If the report may have arrived, Lambda
/// tries the invocation again.
fn after_a_success(error: CallError) -> ReportError {
    match error {
        CallError::AccessDenied { .. } | CallError::Refused { .. } => {
            let Failure { kind, message } = Failure::from(error);
            let message = format!(
                "The approvals satisfy the rule, but the success could not be reported. {message}"
            );
            ReportError::SuccessDenied(Failure::new(kind, &message))
        }
        CallError::Transient { .. } | CallError::NotSent { .. } | CallError::Malformed { .. } => {
            ReportError::Other(error)
        }
    }
}
