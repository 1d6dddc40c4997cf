//! From one execution to its verdict.

use jiff::SignedDuration;
use rule::{Decision, Record, Status};

use super::approvals::{ApprovalAttempt, attempts};
use super::case::Case;
use super::exception::{Exception, ExceptionCode};
use super::gate::GateFunction;
use super::gate_run::GateRun;
use super::history::{ActionExecution, PipelineExecution};
use super::judge::Standard;
use super::outcome::{Outcome, with_gate, without_gate};
use super::passage::Passage;
use super::route::Route;

/// What is to be said of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enough persons approved.
    Satisfied,
    /// They did not.
    Unsatisfied,
    /// It went on, and the gate never ran in it.
    NoGate,
    /// It is under way, and the gate has not said its last word.
    NotFinished,
    /// It ended before its approvals, so nothing was released.
    NotApplicable,
    /// Nothing can be said: the record or the rule is wrong.
    Error,
}

impl Verdict {
    pub const ALL: [Self; 6] = [
        Self::Satisfied,
        Self::Unsatisfied,
        Self::NoGate,
        Self::NotFinished,
        Self::NotApplicable,
        Self::Error,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
            Self::NoGate => "no-gate",
            Self::NotFinished => "not-finished",
            Self::NotApplicable => "not-applicable",
            Self::Error => "error",
        }
    }
}

/// An execution, evaluated.
#[derive(Debug)]
pub struct Evaluated {
    pub execution: PipelineExecution,
    pub pipeline_version: Option<i32>,
    pub verdict: Verdict,
    /// Why there is no verdict: a whole sentence.
    pub problem: Option<String>,
    /// Every attempt of every approval, oldest first.
    pub approvals: Vec<ApprovalAttempt>,
    /// Every run of the gate, oldest first.
    pub gate_runs: Vec<GateRun>,
    /// The decision on which the verdict rests.
    pub decision: Option<Decision>,
    /// Whether the execution went past the gate, or past where it should have been: a release.
    pub went_on: bool,
    /// What ran after the gate, oldest first.
    pub deployments: Vec<ActionExecution>,
    pub exceptions: Vec<Exception>,
}

/// Evaluates one execution by the rule, against what the others show of the pipeline.
pub(crate) fn evaluate(
    case: Case,
    standard: &Standard,
    gate: &GateFunction,
    route: &Route,
) -> Evaluated {
    let gate_runs = GateRun::of(&case, gate, standard);
    let after_gate = Passage::by(&case, &gate_runs);
    let (went_on, deployments) = if gate_runs.is_empty() {
        (route.went_on(&case), route.beyond(&case))
    } else {
        (after_gate.went_on(), after_gate.actions)
    };
    let deployments: Vec<ActionExecution> = deployments.into_iter().cloned().collect();
    let outcome = match &case.defect {
        Some(defect) => Outcome::error(defect.clone()),
        None if gate_runs.is_empty() => without_gate(&case, standard, route, went_on),
        None => with_gate(&case, standard, &gate_runs, went_on),
    };
    let mut exceptions = exceptions(&case, &outcome, &gate_runs, went_on);
    exceptions.extend(behind_gate(&case, &outcome, &gate_runs, &deployments));
    Evaluated {
        pipeline_version: case.actions.iter().find_map(|action| action.pipeline_version),
        verdict: outcome.verdict,
        problem: outcome.problem,
        approvals: attempts(&case, outcome.decision.as_ref(), &gate_runs),
        execution: case.execution,
        gate_runs,
        decision: outcome.decision,
        went_on,
        deployments,
        exceptions,
    }
}

fn exceptions(case: &Case, outcome: &Outcome, runs: &[GateRun], went_on: bool) -> Vec<Exception> {
    use ExceptionCode as Code;

    let mut found = Vec::new();
    match outcome.verdict {
        Verdict::NoGate => {
            let rollback = case.execution.kind.as_deref() == Some("ROLLBACK");
            let how = if rollback { "was a rollback, which" } else { "went on and" };
            found.push(Exception::new(
                Code::NoGate,
                format!("This execution {how} never passed the gate."),
            ));
        }
        Verdict::Unsatisfied if went_on => found.push(Exception::new(
            Code::UnsatisfiedRelease,
            format!(
                "This execution went on without enough people by the rule: {}.",
                reasons(outcome)
            ),
        )),
        Verdict::Error => {
            // Where the record itself is wrong, nothing says that it stopped.
            let code = if went_on || case.defect.is_some() {
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
    let past = runs.last().filter(|run| went_on && run.status != Status::Succeeded);
    if past.is_some() {
        found.push(Exception::new(
            Code::WentPastGate,
            "This execution went on although the newest run of the gate had not let it pass.",
        ));
    }
    found.extend(runs.iter().flat_map(|run| run.exceptions()));
    found
}

/// What speaks against a release that the gate let pass: what the verdict takes for granted, and
/// what happened after it.
fn behind_gate(
    case: &Case,
    outcome: &Outcome,
    runs: &[GateRun],
    deployments: &[ActionExecution],
) -> Vec<Exception> {
    let Some(record) = outcome.decision.as_ref().map(Decision::record) else {
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

/// The first action behind the gate that ran under another version of the pipeline's structure than
/// the gate.
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
            "The gate judged version {judged} of the pipeline, and {} behind it ran under version {version}.",
            action.attempt.action.as_deref().unwrap_or("what came")
        ),
    ))
}

/// The first action behind the gate that began longer after an approval that counted than
/// `maxAgeMinutes`.
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
            "{} began {:#} after {} was approved, and by the rule an approval is good for {minutes} minutes.",
            action.attempt.action.as_deref().unwrap_or("An action behind the gate"),
            SignedDuration::from_secs(age.as_secs()),
            approval.action
        ),
    ))
}

/// Why a decision is not satisfied, in one line.
fn reasons(outcome: &Outcome) -> String {
    let reasons = outcome.decision.iter().flat_map(|decision| &decision.record().reasons);
    let messages: Vec<&str> = reasons.map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}
