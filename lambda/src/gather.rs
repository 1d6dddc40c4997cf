//! Chooses the execution to judge, and gathers its facts.

use facts::{CallError, CodePipeline, GateRun, Lag, Query, ReadError, Roles, Snapshot};
use jiff::Timestamp;
use rule::{Facts, Rule, Status};

use crate::event::Job;
use crate::failure::Failure;
use crate::jobs::{GET_JOB_DETAILS, JobDetails};

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
    let judged = Judged::choose(rule, details)?;
    let query = Query {
        account: &details.account,
        pipeline: &details.pipeline,
        execution_id: &judged.execution_id,
        rule,
        gate_stage: &details.stage,
        gate_run: Some(GateRun {
            action: details.action.as_deref(),
            id: details.action_execution_id.as_deref(),
        }),
    };
    let snapshot = query.read(codepipeline, budget).await.map_err(|error| judged.unread(error))?;
    judged.check(&snapshot)?;
    let facts = snapshot.facts(roles, budget, now).await?;
    Ok(Facts { job_id: Some(job.id.clone()), ..facts })
}

/// The execution to judge, and what must prove that it is the right one.
struct Judged {
    execution_id: String,
    /// The gate's own run, which the history must contain if the id comes from UserParameters. A
    /// person who edits the pipeline can also edit those, and could name an execution that two
    /// other people approved.
    own_run: Option<String>,
}

impl Judged {
    /// GetJobDetails decides. UserParameters are checked against it, and are used instead if
    /// GetJobDetails has no id.
    fn choose(rule: &Rule, details: &JobDetails) -> Result<Self, Failure> {
        match (&details.execution_id, rule.pipeline_execution_id()) {
            (Some(own), Some(given)) if !own.eq_ignore_ascii_case(given) => Err(Failure::configuration(&format!(
                "The action's UserParameters are wrong: `pipelineExecutionId` is {given}, but this job belongs to execution {own}. \
                 Write `#{{codepipeline.PipelineExecutionId}}` there."
            ))),
            (Some(own), _) => Ok(Self {
                execution_id: own.clone(),
                own_run: None,
            }),
            (None, Some(given)) => match &details.action_execution_id {
                Some(own_run) => Ok(Self {
                    // CodePipeline writes ids in lower case.
                    execution_id: given.to_lowercase(),
                    own_run: Some(own_run.clone()),
                }),
                None => Err(CallError::Malformed {
                    operation: GET_JOB_DETAILS,
                    problem: "it names neither the pipeline execution nor the gate's own action execution",
                }
                .into()),
            },
            (None, None) => Err(Failure::configuration(
                "CodePipeline does not tell this job its pipeline execution. Add \
                 \"pipelineExecutionId\": \"#{codepipeline.PipelineExecutionId}\" to the JSON of the action's UserParameters.",
            )),
        }
    }

    /// Why the execution could not be read. If the id comes from UserParameters and the history
    /// never shows the gate's own run, the most likely reason is that the gate does not run in that
    /// execution.
    fn unread(&self, ReadError { error, lag }: ReadError) -> Failure {
        match (&self.own_run, lag) {
            (Some(_), Some(Lag::OwnRun(_))) => self.not_in_this_execution(),
            (Some(_) | None, _) => error.into(),
        }
    }

    fn not_in_this_execution(&self) -> Failure {
        Failure::configuration(&format!(
            "The action's UserParameters are wrong: `pipelineExecutionId` is {}, but this gate does not run in that execution. \
             Write `#{{codepipeline.PipelineExecutionId}}` there.",
            self.execution_id
        ))
    }

    /// If only UserParameters say which execution to judge, its history must contain the run that
    /// judges it.
    fn check(&self, snapshot: &Snapshot<'_>) -> Result<(), Failure> {
        let Some(own) = &self.own_run else { return Ok(()) };
        let mut history = snapshot.history();
        let runs_there = history.any(|attempt| {
            attempt.id.as_ref() == Some(own) && attempt.status == Status::InProgress
        });
        if runs_there { Ok(()) } else { Err(self.not_in_this_execution()) }
    }
}
