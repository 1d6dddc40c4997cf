//! Judges an execution as it was at a given time, with the gate's own code.

use std::sync::Arc;

use jiff::Timestamp;
use rule::{Account, Attempt, Decision, Execution, Facts, Rule, Status, decide};

use crate::read::case::Case;

/// The variable that CodePipeline replaces with the execution's own id. A list may show
/// UserParameters without that replacement.
const OWN_EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";

/// The pipeline, account and rule that past executions are judged by.
#[derive(Debug)]
pub(crate) struct Standard {
    pub(crate) pipeline: String,
    /// The pipeline's account.
    pub(crate) account: Account,
    /// The floor: the rule in the gate's own environment.
    pub(crate) floor: Rule,
    /// Whether the facts behind a decision are kept. Over many executions they would take much
    /// memory.
    pub(crate) keeps_facts: bool,
}

/// A decision, and the facts that it rests on if they are kept.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// Shared by the run of the gate that it is about and its execution: it is large.
    pub(crate) decision: Arc<Decision>,
    pub(crate) facts: Option<Box<Facts>>,
}

impl Standard {
    /// The rule of one run of the gate: the floor, tightened by the run's UserParameters.
    ///
    /// # Errors
    /// A sentence, if the parameters are not a valid rule or name another execution.
    pub(crate) fn rule(
        &self,
        parameters: Option<&str>,
        gate_stage: &str,
        execution_id: &str,
    ) -> Result<Rule, String> {
        let Some(parameters) = parameters else {
            return Ok(self.floor.clone());
        };
        let wrong = |problem: &str| {
            format!("The UserParameters of the gate's action are wrong: {problem}.")
        };
        let rule = self
            .floor
            .tightened_by(&parameters.replace(OWN_EXECUTION, execution_id), gate_stage)
            .map_err(|error| wrong(&error.to_string()))?;
        match rule.pipeline_execution_id() {
            Some(id) if !id.eq_ignore_ascii_case(execution_id) => {
                Err(wrong(&format!("`pipelineExecutionId` is {id}, which is another execution")))
            }
            Some(_) | None => Ok(rule),
        }
    }

    /// Judges a case by what CodePipeline had noticed at a time. Attempts that began at that time
    /// or later are left out, and attempts that ended later are in progress. Ages are measured at
    /// `now`.
    ///
    /// # Errors
    /// A sentence, if the rule gives one principal to two people.
    pub(crate) fn judge_as_of(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Decided, String> {
        let attempts = case.actions.iter();
        let attempts =
            attempts.filter_map(|action| as_of(action.whole_attempt(rule.reviews()), at));
        self.judge(rule, case, gate_stage, now, attempts.collect())
    }

    /// Judges a case by everything that ever happened in it.
    ///
    /// # Errors
    /// A sentence, if the rule gives one principal to two people.
    pub(crate) fn judge_whole(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        at: Timestamp,
    ) -> Result<Decided, String> {
        let attempts = case.actions.iter().map(|action| action.whole_attempt(rule.reviews()));
        self.judge(rule, case, gate_stage, at, attempts.collect())
    }

    fn judge(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        now: Timestamp,
        attempts: Vec<Attempt>,
    ) -> Result<Decided, String> {
        let facts = Facts {
            account: self.account.clone(),
            execution: Execution {
                pipeline: self.pipeline.clone(),
                pipeline_version: case.actions.iter().find_map(|action| action.pipeline_version),
                id: case.execution.id.clone(),
            },
            gate_stage: gate_stage.to_owned(),
            job_id: None,
            attempts,
            initiator: case.execution.trigger.initiator(),
            now,
        };
        let decision =
            decide(rule, &facts).map_err(|error| format!("The rule is wrong: {error}."))?;
        let decision = Arc::new(decision);
        Ok(Decided { decision, facts: self.keeps_facts.then(|| Box::new(facts)) })
    }
}

/// An attempt as it was at a given time, or `None` if it had not begun.
///
/// INVARIANT (fail closed): an attempt without times is kept as it is, so that it can be the newest
/// attempt and the newest rejection.
fn as_of(mut attempt: Attempt, at: Timestamp) -> Option<Attempt> {
    if attempt.started.is_some_and(|started| started >= at) {
        return None;
    }
    if attempt.updated.is_some_and(|updated| updated > at) {
        attempt.status = Status::InProgress;
        attempt.updated = None;
        attempt.answered = None;
        attempt.error = None;
        attempt.approver.history = None;
        attempt.comment = None;
    }
    Some(attempt)
}
