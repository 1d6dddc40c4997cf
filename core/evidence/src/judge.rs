//! An execution as it was at a moment, put before the gate's own judge.

use jiff::Timestamp;
use rule::{Account, Attempt, Decision, Execution, Facts, Rule, Status, decide};

use super::case::Case;

/// What UserParameters hold if a list does not show what CodePipeline made of the variable: it
/// fills in the execution's own id.
const OWN_EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";

/// What past executions are judged by.
#[derive(Debug)]
pub struct Standard {
    pub pipeline: String,
    /// The pipeline's account.
    pub account: Account,
    /// The floor: the rule of the gate's own environment.
    pub floor: Rule,
}

impl Standard {
    /// The rule under which a run of the gate had to judge: the floor, tightened by the
    /// UserParameters that the run had.
    ///
    /// # Errors
    /// A whole sentence, where those parameters make no rule, or name another execution.
    pub fn rule(
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

    /// Judges a case by what CodePipeline had noticed at a moment: what began then or later is left
    /// out, what was noticed later is open. `now` is when that is judged: ages are measured by it.
    ///
    /// # Errors
    /// A whole sentence, where the rule gives one principal to two people.
    pub fn judge_as_of(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Decision, String> {
        let attempts = case.actions.iter().filter_map(|action| as_of(&action.attempt, at));
        self.judge(rule, case, gate_stage, now, attempts.collect())
    }

    /// Judges a case by all that ever happened in it.
    ///
    /// # Errors
    /// A whole sentence, where the rule gives one principal to two people.
    pub fn judge_whole(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        at: Timestamp,
    ) -> Result<Decision, String> {
        let attempts = case.actions.iter().map(|action| action.attempt.clone());
        self.judge(rule, case, gate_stage, at, attempts.collect())
    }

    fn judge(
        &self,
        rule: &Rule,
        case: &Case,
        gate_stage: &str,
        now: Timestamp,
        attempts: Vec<Attempt>,
    ) -> Result<Decision, String> {
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
        decide(rule, &facts).map_err(|error| format!("The rule is wrong: {error}."))
    }
}

/// An attempt as it stood at a moment, if it had begun.
///
/// INVARIANT (fail closed): what has no time is taken as it is, so that it can be the newest
/// attempt, and the newest rejection.
fn as_of(attempt: &Attempt, at: Timestamp) -> Option<Attempt> {
    if attempt.started.is_some_and(|started| started >= at) {
        return None;
    }
    let mut attempt = attempt.clone();
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
