//! One run of the gate in a past execution: what it reported, and today's evaluation of it.

use jiff::{SignedDuration, Timestamp};
use names::{FunctionRef, shown};
use rule::{Decision, Rule, Status, Verdict};

use super::exception::{Exception, ExceptionCode};
use super::gate_function::runs_gate;
use super::gate_report::{GateReport, message_of};
use super::standard::{Decided, Standard};
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
        let runs = case.actions.iter().filter(|action| runs_gate(gate, action));
        runs.map(|action| Self::new(case, action, standard)).collect()
    }

    fn new(case: &Case, action: &ActionExecution, standard: &Standard) -> Self {
        let attempt = &action.attempt;
        let has_ended = match attempt.status {
            Status::Succeeded | Status::Failed | Status::Abandoned | Status::Unknown => true,
            Status::InProgress => false,
        };
        let (evaluated, had_enough) = match has_ended.then(|| evaluate(case, action, standard)) {
            Some(Ok((decided, had_enough))) => (Some(Ok(decided)), had_enough),
            Some(Err(problem)) => (Some(Err(problem)), false),
            None => (None, false),
        };
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

/// Evaluates the facts that a run could see.
///
/// The time of its decision is not known. It lies between the start of the run and the end that the
/// history shows, about 30 seconds after the report. So ages are measured at the earliest time when
/// the run can have reported.
///
/// If CodePipeline noticed an answer during the run, the gate may or may not have seen it. Such an
/// approval counts only for a run that reported satisfied, because it was given before anything was
/// released. Facts against a verdict always count. But a gate that had enough approvals before one
/// of them was noticed reported what it saw: the second value is whether that may be so.
fn evaluate(
    case: &Case,
    action: &ActionExecution,
    standard: &Standard,
) -> Result<(Decided, bool), String> {
    let missing =
        |what: &str| format!("The history does not say {what} the gate ran. Read it again.");
    let ended = action.attempt.updated.ok_or_else(|| missing("when"))?;
    let began = action.attempt.started.unwrap_or(ended);
    let decided = ended.checked_sub(REPORT_DELAY).unwrap_or(ended).max(began);
    let stage = action.attempt.stage.as_deref().ok_or_else(|| missing("in which stage"))?;
    let parameters = action.configuration.get("UserParameters").map(String::as_str);
    let rule = standard.rule(parameters, stage, &case.execution.id)?;
    let judge_as_of = |at| standard.judge_as_of(&rule, case, stage, at, decided);
    let at_its_end = judge_as_of(ended)?;
    let reported_satisfied =
        matches!(GateReport::from_action(action), GateReport::Satisfied { .. });
    match (reported_satisfied, at_its_end.decision.satisfied().is_some()) {
        (true, true) | (false, false) => Ok((at_its_end, false)),
        (false, true) => Ok((judge_as_of(began)?, false)),
        (true, false) => {
            let noticed = case.actions.iter().filter_map(|action| action.attempt.updated);
            let meanwhile = noticed.filter(|at| (began..ended).contains(at));
            let mut moments = std::iter::once(began).chain(meanwhile);
            let had_enough = moments.any(|at| {
                judge_as_of(at).is_ok_and(|judged| judged.decision.satisfied().is_some())
            });
            Ok((at_its_end, had_enough))
        }
    }
}
