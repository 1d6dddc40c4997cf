//! Judges an execution as it was at a given time, with the gate's own code.

use std::sync::Arc;

use jiff::Timestamp;
use rule::{Account, Attempt, Attempts, Decision, Execution, Facts, Rule, decide_on};

use super::timeline::as_of;
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

    /// The attempts of a case, as the rule needs them. The parameters of a run cannot change what
    /// `reviews` says.
    pub(super) fn attempts(&self, case: &Case) -> Vec<Attempt> {
        let reviews = self.floor.reviews();
        case.actions.iter().map(|action| action.whole_attempt(reviews)).collect()
    }

    /// Judges a case by some of its attempts.
    ///
    /// # Errors
    /// A sentence, if the rule gives one principal to two people.
    pub(super) fn judge(
        &self,
        question: &Question<'_>,
        attempts: &Attempts<'_>,
    ) -> Result<Decided, String> {
        let mut facts = self.facts(question);
        let decision = decide_on(question.rule, &facts, attempts);
        let decision = decision.map_err(|error| format!("The rule is wrong: {error}."))?;
        let facts = question.kept.map(|Kept { attempts, as_of: at }| {
            let as_of =
                |attempt: &Attempt| at.map_or(Some(attempt.clone()), |at| as_of(attempt, at));
            facts.attempts = attempts.iter().filter_map(as_of).collect();
            Box::new(facts)
        });
        Ok(Decided { decision: Arc::new(decision), facts })
    }

    /// What a decision is about, without its attempts.
    fn facts(&self, Question { case, gate_stage, now, .. }: &Question<'_>) -> Facts {
        Facts {
            account: self.account.clone(),
            execution: Execution {
                pipeline: self.pipeline.clone(),
                pipeline_version: case.actions.iter().find_map(|action| action.pipeline_version),
                id: case.execution.id.clone(),
            },
            gate_stage: (*gate_stage).to_owned(),
            job_id: None,
            attempts: Vec::new(),
            initiator: case.execution.trigger.initiator(),
            now: *now,
        }
    }
}

/// What is asked about a case.
pub(super) struct Question<'a> {
    pub(super) rule: &'a Rule,
    pub(super) case: &'a Case,
    pub(super) gate_stage: &'a str,
    /// When ages are measured.
    pub(super) now: Timestamp,
    /// The attempts to keep with the decision, if any.
    pub(super) kept: Option<Kept<'a>>,
}

/// Attempts that are kept as they were at a time, or as they are.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) attempts: &'a [Attempt],
    pub(super) as_of: Option<Timestamp>,
}
