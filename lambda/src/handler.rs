//! One invocation: check that the job is ours, gather, decide, record, report.

use std::io::Write;

use facts::{CodePipeline, Floor, Roles};
use jiff::Timestamp;
use job::{
    Budget, Disowned, Failure, FailureKind, GET_JOB_DETAILS, Invocation, InvocationError, Jobs,
    own_parameters, report,
};
use rule::{Decision, decide};

use crate::PROGRAM;
use crate::gather::gather;
use crate::journal::Journal;
use crate::observation::Observation;
use crate::passed::Passed;

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

/// Judges one job, logs the decision and reports exactly one result.
///
/// # Errors
/// [`InvocationError`] if the report itself fails, or if the job belongs to another
/// function. If the job has its result already, that is not an error: Lambda repeats invocations.
pub async fn handle(
    ports: &Ports<'_, impl for<'a> Jobs<Passed<'a>>, impl CodePipeline, impl Roles>,
    floor: &Floor,
    invocation: &Invocation,
    budget: Budget,
    now: Timestamp,
    journal: &mut Journal<impl Write>,
) -> Result<(), InvocationError> {
    let job_id = &invocation.job.id;
    let mut observation = Observation::default();
    let judged = match judge(ports, floor, invocation, budget, now, &mut observation).await {
        Ok(decision) => Ok(decision),
        Err(Disowned::Failure(failure)) => Err(failure),
        Err(Disowned::NotOurs(problem)) => return Err(InvocationError::not_ours(job_id, problem)),
    };
    journal.observation(&observation);
    match &judged {
        Ok(decision) => journal.decision(decision),
        Err(failure) => journal.failure(job_id, failure, now),
    }
    let passed = judged.as_ref().map_err(Clone::clone).and_then(passed);
    let refused = |failure: &Failure| journal.failure(job_id, failure, now);
    report(&PROGRAM, ports.jobs, job_id, budget, passed.as_ref(), refused).await
}

async fn judge(
    Ports { jobs, codepipeline, roles }: &Ports<
        '_,
        impl for<'a> Jobs<Passed<'a>>,
        impl CodePipeline,
        impl Roles,
    >,
    floor: &Floor,
    Invocation { job, function_arn }: &Invocation,
    budget: Budget,
    now: Timestamp,
    observation: &mut Observation,
) -> Result<Decision, Disowned> {
    let fail = Disowned::Failure;
    let details = budget.gather.call(GET_JOB_DETAILS, || jobs.job_details(&job.id)).await;
    let details = details.map_err(|error| fail(PROGRAM.failure(&error)))?;
    observation.see_details(job, &details);
    let parameters = own_parameters(&PROGRAM, job, &details, function_arn)?;
    let floor = floor.rule().map_err(|error| fail(error.into()))?;
    let rule = match parameters {
        Some(parameters) => floor
            .tightened_by(&parameters, &details.stage)
            .map_err(|error| fail(Failure::user_parameters(error)))?,
        None => floor.clone(),
    };
    let facts = gather(*codepipeline, *roles, &rule, job, &details, budget.gather, now)
        .await
        .map_err(fail)?;
    observation.see_history(&details, &facts.attempts);
    decide(&rule, &facts).map_err(|misfit| fail(Failure::own_rule(misfit)))
}

/// The proof that a decision is satisfied, or the failure that says why it is not.
fn passed(decision: &Decision) -> Result<Passed<'_>, Failure> {
    let refusal = || decision.refusal().unwrap_or_default();
    let satisfied = decision.satisfied().map(Passed::from);
    satisfied.ok_or_else(|| Failure::new(FailureKind::JobFailed, &refusal()))
}
