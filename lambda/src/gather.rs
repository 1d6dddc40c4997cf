//! Gathers the facts of the execution that is judged.

use facts::{CodePipeline, GateRun, Query, Roles};
use jiff::Timestamp;
use job::{Failure, Job, JobDetails, OwnExecution};
use rule::{Facts, Rule};

use crate::PROGRAM;

/// Reads everything that a decision rests on.
///
/// # Errors
/// The failure to report, if a fact cannot be read.
pub(crate) async fn gather(
    codepipeline: &impl CodePipeline,
    roles: &impl Roles,
    rule: &Rule,
    job: &Job,
    details: &JobDetails,
    budget: facts::Budget,
    now: Timestamp,
) -> Result<Facts, Failure> {
    let judged = OwnExecution::choose(&PROGRAM, rule.pipeline_execution_id(), details)?;
    let query = Query {
        account: &details.account,
        pipeline: &details.pipeline,
        execution_id: judged.id(),
        rule,
        gate_stage: &details.stage,
        gate_run: Some(GateRun {
            action: details.action.as_deref(),
            id: details.action_execution_id.as_deref(),
        }),
    };
    let snapshot = query.read(codepipeline, budget).await.map_err(|error| judged.unread(&error))?;
    judged.check(snapshot.history())?;
    let facts = snapshot.facts(roles, budget, now).await;
    let facts = facts.map_err(|error| PROGRAM.failure(&error))?;
    Ok(Facts { job_id: Some(job.id.clone()), ..facts })
}
