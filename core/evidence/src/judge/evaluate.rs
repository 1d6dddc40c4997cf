//! Evaluates one execution: its verdict, and what an auditor should look at.

use std::sync::Arc;

use findings::Severity;
use jiff::SignedDuration;
use names::FunctionRef;
use rule::{Decision, Facts, Initiator, Record, Reviewed, Rule, Status};

use super::after_gate::AfterGate;
use super::approvals::{ApprovalAttempt, attempts};
use super::exception::{Exception, ExceptionCode};
use super::gate_run::GateRun;
use super::outcome::{Outcome, with_gate, without_gate};
use super::reviews;
use super::route::Route;
use super::standard::Standard;
use super::verdict::Verdict;
use crate::read::case::Case;
use crate::read::history::{ActionExecution, PipelineExecution};

/// An evaluated execution.
#[derive(Debug)]
pub struct Evaluated {
    /// The execution, as CodePipeline lists it.
    pub execution: PipelineExecution,
    pub(crate) pipeline_version: Option<i32>,
    /// The verdict of the rule as it is now.
    pub verdict: Verdict,
    /// What prevented a verdict: a sentence.
    pub problem: Option<String>,
    /// Every attempt of every approval, oldest first.
    pub approvals: Vec<ApprovalAttempt>,
    /// Every run of the gate, oldest first.
    pub gate_runs: Vec<GateRun>,
    /// The decision behind the verdict.
    pub decision: Option<Arc<Decision>>,
    /// The facts behind the decision, if the report is about this execution alone.
    pub facts: Option<Box<Facts>>,
    /// Whether the execution continued behind the gate, or behind the place where the gate should
    /// be.
    pub released: bool,
    /// The actions that ran after the gate, oldest first.
    pub(crate) deployments: Vec<ActionExecution>,
    /// What an auditor should look at.
    pub exceptions: Vec<Exception>,
}

/// Evaluates one execution by the rule. `route` is what the other executions show about the order
/// of the pipeline.
pub(crate) fn evaluate(
    case: Case,
    standard: &Standard,
    gate: &FunctionRef,
    route: &Route,
) -> Evaluated {
    let gate_runs = GateRun::all_in(&case, gate, standard);
    let after_gate = AfterGate::new(&case, &gate_runs);
    let (released, deployments) = if gate_runs.is_empty() {
        (route.released(&case), route.past_gate(&case))
    } else {
        (after_gate.released(), after_gate.actions)
    };
    let deployments: Vec<ActionExecution> = deployments.into_iter().cloned().collect();
    let outcome = match &case.defect {
        Some(defect) => Outcome::error(defect.clone()),
        None if gate_runs.is_empty() => without_gate(&case, standard, route, released),
        None => with_gate(&case, standard, &gate_runs, released),
    };
    let mut exceptions = exceptions(&case, &outcome, &gate_runs, released, &standard.floor);
    if let Some(decision) = outcome.decision.as_ref().filter(|_| released) {
        exceptions.extend(reviews::exceptions(decision));
    }
    exceptions.extend(behind_gate(&case, &outcome, &gate_runs, &deployments));
    Evaluated {
        pipeline_version: case.actions.iter().find_map(|action| action.pipeline_version),
        verdict: outcome.verdict,
        problem: outcome.problem,
        approvals: attempts(case.actions, outcome.decision.as_deref(), &gate_runs),
        execution: case.execution,
        gate_runs,
        decision: outcome.decision,
        facts: outcome.facts,
        released,
        deployments,
        exceptions,
    }
}

fn exceptions(
    case: &Case,
    outcome: &Outcome,
    runs: &[GateRun],
    released: bool,
    floor: &Rule,
) -> Vec<Exception> {
    use ExceptionCode as Code;

    let mut found = Vec::new();
    match outcome.verdict {
        Verdict::NoGate => {
            let rollback = case.execution.kind.as_deref() == Some("ROLLBACK");
            let what = if rollback { "rollback" } else { "execution" };
            found.push(Exception::new(
                Code::NoGate,
                format!("This {what} was released, and the gate never ran in it."),
            ));
        }
        Verdict::Unsatisfied if released => found.push(Exception::new(
            Code::UnsatisfiedRelease,
            format!(
                "This execution was released without enough people by the rule: {}.",
                reasons(outcome)
            ),
        )),
        Verdict::Error => {
            // If the record itself is wrong, nothing shows that the execution stopped.
            let code = if released || case.defect.is_some() {
                Code::NotEvaluated
            } else {
                Code::StoppedUnevaluated
            };
            found.push(Exception::new(code, outcome.problem.clone().unwrap_or_default()));
        }
        Verdict::Satisfied
        | Verdict::Unsatisfied
        | Verdict::NotFinished
        | Verdict::NotApplicable => {}
    }
    let past = runs.last().filter(|run| released && run.status != Status::Succeeded);
    if past.is_some() {
        found.push(Exception::new(
            Code::WentPastGate,
            "This execution was released although the newest run of the gate did not let it pass.",
        ));
    }
    found.extend(runs.iter().flat_map(|run| run.exceptions(floor)));
    found
}

/// The exceptions of a release that the gate let pass: the assumptions of its verdict, and what
/// happened after the gate.
fn behind_gate(
    case: &Case,
    outcome: &Outcome,
    runs: &[GateRun],
    deployments: &[ActionExecution],
) -> Vec<Exception> {
    let Some(record) = outcome.decision.as_deref().map(Decision::record) else {
        return Vec::new();
    };
    let satisfied = outcome.verdict == Verdict::Satisfied;
    let assumptions = record.assumptions.iter().filter(|_| satisfied);
    let assumed = assumptions
        .map(|text| Exception::new(ExceptionCode::RestsOnAssumption, format!("{text}.")));
    assumed
        .chain(other_structure(case, runs, deployments))
        .chain(late(record, deployments))
        .collect()
}

/// Reports the first action behind the gate that ran under another version of the pipeline's
/// structure than the gate.
fn other_structure(
    case: &Case,
    runs: &[GateRun],
    deployments: &[ActionExecution],
) -> Option<Exception> {
    let newest = runs.last()?;
    let gate =
        case.actions.iter().find(|action| newest.id.is_some() && action.attempt.id == newest.id)?;
    let judged = gate.pipeline_version?;
    let (action, version) = deployments
        .iter()
        .filter_map(|action| Some((action, action.pipeline_version?)))
        .find(|(_, version)| *version != judged)?;
    Some(Exception::new(
        ExceptionCode::StructureChangedAfterGate,
        format!(
            "The gate judged version {judged} of the pipeline, and {} behind it ran under version \
             {version}.",
            action.attempt.action.as_deref().unwrap_or("what came")
        ),
    ))
}

/// Reports the first action behind the gate that began when the oldest counted approval was older
/// than `maxAgeMinutes`.
fn late(record: &Record, deployments: &[ActionExecution]) -> Option<Exception> {
    let minutes = record.rule.max_age_minutes?;
    let counted = record.approvals.iter().filter(|approval| approval.counted);
    let (approved, approval) =
        counted.filter_map(|approval| Some((approval.at?, approval))).min_by_key(|(at, _)| *at)?;
    let mut behind = deployments.iter().filter_map(|action| {
        let age = action.attempt.started?.duration_since(approved);
        (age > SignedDuration::from_mins(i64::from(minutes))).then_some((action, age))
    });
    let (action, age) = behind.next()?;
    Some(Exception::new(
        ExceptionCode::ReleasedLongAfterApproval,
        format!(
            "{} began {:#} after {} was approved, and the rule lets an approval count for \
             {minutes} minutes.",
            action.attempt.action.as_deref().unwrap_or("An action behind the gate"),
            SignedDuration::from_secs(age.as_secs()),
            approval.action
        ),
    ))
}

/// The reasons of an unsatisfied decision, in one line.
fn reasons(outcome: &Outcome) -> String {
    let reasons = outcome.decision.iter().flat_map(|decision| &decision.record().reasons);
    let messages: Vec<&str> = reasons.map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}

impl Evaluated {
    /// Whether an auditor should look at it.
    pub(crate) fn is_exceptional(&self) -> bool {
        self.exceptions.iter().any(Exception::is_exceptional)
    }

    /// Whether somebody accepts every exception that an auditor would look at, and there is one.
    pub(crate) fn is_accepted(&self) -> bool {
        let mut serious =
            self.exceptions.iter().filter(|it| it.code.severity() > Severity::Note).peekable();
        serious.peek().is_some() && serious.all(|it| !it.is_open())
    }

    /// The name of the verdict, and whether its exceptions are accepted.
    pub(crate) fn verdict_in_words(&self) -> String {
        let accepted = if self.is_accepted() { ", accepted" } else { "" };
        format!("{}{accepted}", self.verdict.as_str())
    }

    /// The best keys of the persons who counted.
    pub fn persons(&self) -> &[String] {
        self.decision.as_ref().map_or(&[], |decision| &decision.record().persons)
    }

    /// Its authors and reviews. `None` if the rule has no `reviews`, or nothing was decided.
    pub(crate) fn reviews(&self) -> Option<Reviewed<'_>> {
        self.decision.as_ref()?.record().reviewed()
    }

    /// The report of the newest run of the gate, or `None` if it never ran.
    pub(crate) fn gate_report(&self) -> Option<&'static str> {
        self.gate_runs.last().map(|run| run.report.as_str())
    }

    /// Whether every run of the gate that reported a verdict agrees with today's evaluation. `None`
    /// if no run reported one.
    pub fn gate_agrees(&self) -> Option<bool> {
        let answers: Vec<bool> = self.gate_runs.iter().filter_map(|run| run.agrees()).collect();
        (!answers.is_empty()).then(|| answers.iter().all(|agrees| *agrees))
    }

    /// The person or event that started it, as AWS writes it.
    pub fn started_by(&self) -> String {
        let trigger = &self.execution.trigger;
        match trigger.initiator() {
            Initiator::Principal(arn) => arn,
            Initiator::Automatic(_) | Initiator::Unknown => {
                let written = trigger.detail.clone().or_else(|| trigger.kind.clone());
                written.unwrap_or_else(|| "unknown".to_owned())
            }
        }
    }
}
