//! One run of the gate in a past execution: what it reported, and today's evaluation of it.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use names::{FunctionRef, shown};
use rule::{Attempt, Attempts, Decision, Rule, Status, Verdict};

use super::exception::{Exception, ExceptionCode};
use super::gate_function::runs_gate;
use super::gate_report::{GateReport, message_of};
use super::standard::{Decided, Kept, Question, Standard};
use super::timeline::Timeline;
use crate::read::case::Case;
use crate::read::history::ActionExecution;

/// The longest time between the report of a Lambda action and the end that the history shows. In
/// recordings it was about 30 seconds, and up to 35 for approvals.
const REPORT_DELAY: SignedDuration = SignedDuration::from_secs(35);

/// A run of the gate.
#[derive(Debug)]
pub struct GateRun {
    execution_id: String,
    pub(crate) stage: Option<String>,
    /// The name of its action.
    pub action: Option<String>,
    pub(crate) id: Option<String>,
    /// The status of its action.
    pub status: Status,
    pub(crate) started: Option<Timestamp>,
    /// When its status last changed. For a run that has ended, this is its end.
    pub updated: Option<Timestamp>,
    /// What it reported.
    pub report: GateReport,
    /// The message of its report.
    pub message: Option<String>,
    /// Its UserParameters.
    pub(crate) parameters: Option<String>,
    /// Today's evaluation of the facts that the run could see, or a sentence about what prevents
    /// it. `None` if the run has not ended.
    pub(crate) evaluated: Option<Result<Decided, String>>,
    /// Whether it reported satisfied, and there were enough approvals at a moment of the run,
    /// although not any more at its end.
    had_enough: bool,
}

impl GateRun {
    /// All runs of the gate in a case, oldest first.
    pub(crate) fn all_in(case: &Case, gate: &FunctionRef, standard: &Standard) -> Vec<Self> {
        let actions = case.actions.iter().filter(|action| runs_gate(gate, action));
        let actions: Vec<&ActionExecution> = actions.collect();
        let evaluated = evaluate(case, &actions, standard);
        let runs = actions.iter().zip(evaluated);
        runs.map(|(action, evaluated)| Self::new(case, action, evaluated)).collect()
    }

    fn new(
        case: &Case,
        action: &ActionExecution,
        Evaluation { evaluated, had_enough }: Evaluation,
    ) -> Self {
        let attempt = &action.attempt;
        Self {
            execution_id: case.execution.id.clone(),
            stage: attempt.stage.clone(),
            action: attempt.action.clone(),
            id: attempt.id.clone(),
            status: attempt.status,
            started: attempt.started,
            updated: attempt.updated,
            report: GateReport::from_action(action),
            message: message_of(action).map(str::to_owned),
            parameters: action.configuration.get("UserParameters").cloned(),
            evaluated,
            had_enough,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.evaluated.is_some()
    }

    /// Today's evaluation.
    pub(crate) fn decision(&self) -> Option<&Decision> {
        Some(&self.evaluated.as_ref()?.as_ref().ok()?.decision)
    }

    /// Today's verdict.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        Some(self.decision()?.record().verdict)
    }

    /// Whether the run reported today's verdict. `None` if one of the two verdicts is missing.
    pub(crate) fn agrees(&self) -> Option<bool> {
        match (&self.report, self.verdict()?) {
            (GateReport::Satisfied { .. }, _) if self.judged_another().is_some() => Some(false),
            (GateReport::Satisfied { .. }, verdict) => {
                Some(verdict == Verdict::Satisfied || self.had_enough)
            }
            (GateReport::Unsatisfied, verdict) => Some(verdict == Verdict::Unsatisfied),
            (GateReport::SuccessWithoutVerdict | GateReport::Failure | GateReport::Nothing, _) => {
                None
            }
        }
    }

    /// The execution that the run reported on, if that is not its own.
    fn judged_another(&self) -> Option<&str> {
        match &self.report {
            GateReport::Satisfied { execution_id, .. } => {
                execution_id.as_deref().filter(|id| *id != self.execution_id)
            }
            GateReport::Unsatisfied
            | GateReport::SuccessWithoutVerdict
            | GateReport::Failure
            | GateReport::Nothing => None,
        }
    }

    /// The differences between this run and today's evaluation, and anything else unusual.
    pub(crate) fn exceptions(&self, floor: &Rule) -> Vec<Exception> {
        let mut found = Vec::new();
        if let Some(judged) = self.judged_another() {
            let message = format!("The gate reported a verdict on another execution, {judged}.");
            found.push(Exception::new(ExceptionCode::VerdictDiffers, message));
        } else if self.agrees() == Some(false) {
            let today = self.verdict().map_or("", Verdict::as_str);
            let message = format!(
                "The gate reported {}, today's evaluation is {today}.",
                self.report.as_str()
            );
            found.push(Exception::new(ExceptionCode::VerdictDiffers, message));
        }
        match &self.report {
            GateReport::Satisfied { approvers, rule_digest, .. } => {
                found.extend(self.other_approvers(approvers.as_deref()));
                found.extend(other_rule(rule_digest.as_deref(), floor));
            }
            GateReport::SuccessWithoutVerdict => found.push(Exception::new(
                ExceptionCode::SuccessWithoutVerdict,
                "The gate's action succeeded without reporting a verdict. Any principal that may \
                 call PutJobSuccessResult can do that in the gate's place.",
            )),
            GateReport::Failure if self.verdict() == Some(Verdict::Satisfied) => {
                found.push(Exception::new(
                    ExceptionCode::GateFailed,
                    "The gate failed without a verdict, and today's evaluation is satisfied.",
                ))
            }
            GateReport::Unsatisfied | GateReport::Failure | GateReport::Nothing => {}
        }
        found
    }

    fn other_approvers(&self, reported: Option<&str>) -> Option<Exception> {
        let today = self.decision()?.satisfied()?.approvers();
        (reported != Some(&*today)).then(|| {
            Exception::new(
                ExceptionCode::ApproversDiffer,
                format!(
                    "The gate counted {}, today's evaluation counts {today}.",
                    reported.unwrap_or("nobody by name")
                ),
            )
        })
    }
}

/// The exception of a gate that reported another rule than the report's.
fn other_rule(reported: Option<&str>, floor: &Rule) -> Option<Exception> {
    let reported = reported.filter(|digest| *digest != floor.digest())?;
    let message = format!(
        "The gate judged by the rule {}, and this report judges by {}.",
        shown(reported),
        floor.digest()
    );
    Some(Exception::new(ExceptionCode::RuleDiffers, message))
}

/// A run that has ended, with all that its evaluation needs.
struct Ended<'a> {
    /// Its place among the runs.
    position: usize,
    stage: &'a str,
    rule: Rule,
    began: Timestamp,
    ended: Timestamp,
    reported_satisfied: bool,
    /// Whether the outcome of the execution may rest on it.
    is_newest: bool,
}

impl<'a> Ended<'a> {
    fn new(
        position: usize,
        case: &Case,
        action: &'a ActionExecution,
        standard: &Standard,
        is_newest: bool,
    ) -> Result<Self, String> {
        let missing =
            |what: &str| format!("The history does not say {what} the gate ran. Read it again.");
        let ended = action.attempt.updated.ok_or_else(|| missing("when"))?;
        let stage = action.attempt.stage.as_deref().ok_or_else(|| missing("in which stage"))?;
        let parameters = action.configuration.get("UserParameters").map(String::as_str);
        Ok(Self {
            position,
            stage,
            rule: standard.rule(parameters, stage, &case.execution.id)?,
            began: action.attempt.started.unwrap_or(ended),
            ended,
            reported_satisfied: matches!(
                GateReport::from_action(action),
                GateReport::Satisfied { .. }
            ),
            is_newest,
        })
    }
}

/// What is known of a run today.
#[derive(Default)]
struct Evaluation {
    /// `None` if it has not ended.
    evaluated: Option<Result<Decided, String>>,
    had_enough: bool,
}

/// Evaluates the facts that each run could see.
///
/// The time of a run's decision is not known. It lies between the start of the run and the end that
/// the history shows, about 30 seconds after the report. So ages are measured at the earliest time
/// when the run can have reported.
///
/// If CodePipeline noticed an answer during the run, the gate may or may not have seen it. Such an
/// approval counts only for a run that reported satisfied, because it was given before anything was
/// released. Facts against a verdict always count. But a gate that had enough approvals before one
/// of them was noticed reported what it saw.
fn evaluate(case: &Case, actions: &[&ActionExecution], standard: &Standard) -> Vec<Evaluation> {
    let attempts = match actions {
        [] => Vec::new(),
        _ => standard.attempts(case),
    };
    let mut newest = HashSet::new();
    let mut evaluated: Vec<Evaluation> = actions.iter().map(|_| Evaluation::default()).collect();
    let mut runs = Vec::new();
    for (position, action) in actions.iter().enumerate().rev() {
        let is_newest = newest.insert((&action.attempt.stage, &action.attempt.action));
        match action.attempt.status {
            Status::InProgress => {}
            Status::Succeeded | Status::Failed | Status::Abandoned | Status::Unknown => {
                match Ended::new(position, case, action, standard, is_newest) {
                    Ok(run) => runs.push(run),
                    Err(problem) => set(&mut evaluated, position, Err(problem)),
                }
            }
        }
    }
    let judge = |run: &Ended<'_>, at: Timestamp, seen: &Attempts<'_>| {
        let keeps = standard.keeps_facts && run.is_newest;
        let question = Question {
            rule: &run.rule,
            case,
            gate_stage: run.stage,
            now: run.ended.checked_sub(REPORT_DELAY).unwrap_or(run.ended).max(run.began),
            kept: keeps.then_some(Kept { attempts: &attempts, as_of: Some(at) }),
        };
        standard.judge(&question, seen)
    };
    runs.sort_by_key(|run| run.ended);
    let mut at_the_end = Timeline::new(&attempts);
    let (mut too_good, mut too_bad) = (Vec::new(), Vec::new());
    for run in &runs {
        let decided = at_the_end.as_of(run.ended, |seen| judge(run, run.ended, seen));
        match (run.reported_satisfied, is_satisfied(&decided)) {
            (false, true) => too_good.push(run),
            (true, false) => too_bad.push(run),
            (true, true) | (false, false) => {}
        }
        set(&mut evaluated, run.position, decided);
    }
    too_good.sort_by_key(|run| run.began);
    let mut at_the_start = Timeline::new(&attempts);
    for run in too_good {
        let decided = at_the_start.as_of(run.began, |seen| judge(run, run.began, seen));
        set(&mut evaluated, run.position, decided);
    }
    let mut meanwhile = Timeline::new(&attempts);
    for (at, run) in moments(&attempts, &too_bad) {
        let decided = meanwhile.as_of(at, |seen| judge(run, at, seen));
        if let Some(place) = evaluated.get_mut(run.position) {
            place.had_enough |= is_satisfied(&decided);
        }
    }
    evaluated
}

fn is_satisfied(decided: &Result<Decided, String>) -> bool {
    decided.as_ref().is_ok_and(|it| it.decision.satisfied().is_some())
}

/// The start of each run, and each time in it when CodePipeline noticed something, in order.
fn moments<'a>(attempts: &[Attempt], runs: &[&'a Ended<'a>]) -> Vec<(Timestamp, &'a Ended<'a>)> {
    let mut noticed: Vec<Timestamp> = attempts.iter().filter_map(|it| it.updated).collect();
    noticed.sort_unstable();
    noticed.dedup();
    let mut moments = Vec::new();
    for &run in runs {
        let first = noticed.partition_point(|at| *at < run.began);
        let during = noticed.iter().skip(first).take_while(|at| **at < run.ended);
        moments.extend(std::iter::once(&run.began).chain(during).map(|at| (*at, run)));
    }
    moments.sort_by_key(|(at, _)| *at);
    moments
}

fn set(all: &mut [Evaluation], position: usize, decided: Result<Decided, String>) {
    if let Some(place) = all.get_mut(position) {
        place.evaluated = Some(decided);
    }
}
