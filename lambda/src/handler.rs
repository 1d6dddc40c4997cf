//! One invocation: check that the job is ours, gather, decide, record, report.

use std::io::Write;

use facts::{CodePipeline, Floor, Roles};
use jiff::Timestamp;
use job::{
    Budget, Disowned, Failure, FailureKind, GET_JOB_DETAILS, InputArtifact, Invocation,
    InvocationError, Jobs, own_parameters, report,
};
use rule::{Decision, Facts, Satisfied, decide};

use crate::PROGRAM;
use crate::gather::gather;
use crate::journal::Journal;
use crate::observation::Observation;
use crate::passed::Passed;
use crate::port::Proofs;
use crate::prove::Release;

/// Where the gate asks and reports.
#[derive(Debug)]
pub struct Ports<'a, J, C, R, P> {
    /// Its own job.
    pub jobs: &'a J,
    /// The execution of the job.
    pub codepipeline: &'a C,
    /// The roles of the account.
    pub roles: &'a R,
    /// What proves a release to others.
    pub proofs: &'a P,
}

/// A decision, and what it was made of.
struct Judged {
    facts: Facts,
    artifacts: Vec<InputArtifact>,
    decision: Decision,
}

/// Judges one job, logs the decision and reports exactly one result.
///
/// # Errors
/// [`InvocationError`] if the report itself fails, or if the job belongs to another
/// function. If the job has its result already, that is not an error: Lambda repeats invocations.
pub async fn handle(
    ports: &Ports<'_, impl for<'a> Jobs<Passed<'a>>, impl CodePipeline, impl Roles, impl Proofs>,
    floor: &Floor,
    invocation: &Invocation,
    budget: Budget,
    now: Timestamp,
    journal: &mut Journal<impl Write>,
) -> Result<(), InvocationError> {
    let job_id = &invocation.job.id;
    let mut observation = Observation::default();
    let judged = match judge(ports, floor, invocation, budget, now, &mut observation).await {
        Ok(judged) => Ok(judged),
        Err(Disowned::Failure(failure)) => Err(failure),
        Err(Disowned::NotOurs(problem)) => return Err(InvocationError::not_ours(job_id, problem)),
    };
    journal.observation(&observation);
    let passed = match &judged {
        Ok(judged) => {
            journal.decision(&judged.decision);
            match judged.decision.satisfied() {
                Some(satisfied) => passed(ports.proofs, satisfied, judged, budget)
                    .await
                    .inspect_err(|failure| journal.failure(job_id, failure, now)),
                None => Err(refusal(&judged.decision)),
            }
        }
        Err(failure) => {
            journal.failure(job_id, failure, now);
            Err(failure.clone())
        }
    };
    let refused = |failure: &Failure| journal.failure(job_id, failure, now);
    report(&PROGRAM, ports.jobs, job_id, budget, passed.as_ref(), refused).await
}

async fn judge(
    Ports { jobs, codepipeline, roles, .. }: &Ports<
        '_,
        impl for<'a> Jobs<Passed<'a>>,
        impl CodePipeline,
        impl Roles,
        impl Proofs,
    >,
    floor: &Floor,
    Invocation { job, function_arn }: &Invocation,
    budget: Budget,
    now: Timestamp,
    observation: &mut Observation,
) -> Result<Judged, Disowned> {
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
    let decision = decide(&rule, &facts).map_err(|misfit| fail(Failure::own_rule(misfit)))?;
    Ok(Judged { facts, artifacts: details.artifacts, decision })
}

/// What may be reported as a success. If the rule demands a proof for others, it is stored by then.
async fn passed<'a>(
    proofs: &impl Proofs,
    satisfied: Satisfied<'a>,
    Judged { facts, artifacts, .. }: &Judged,
    budget: Budget,
) -> Result<Passed<'a>, Failure> {
    match Passed::without_proof(satisfied) {
        Ok(passed) => Ok(passed),
        Err(settings) => {
            let release = Release { satisfied, facts, artifacts };
            let proof = release.prove(proofs, settings, budget.gather).await?;
            Ok(Passed::with_proof(satisfied, proof))
        }
    }
}

/// Why a decision that is not satisfied lets nothing pass.
fn refusal(decision: &Decision) -> Failure {
    Failure::new(FailureKind::JobFailed, &decision.refusal().unwrap_or_default())
}
