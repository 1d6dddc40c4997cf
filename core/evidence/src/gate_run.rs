//! One run of the gate in a past execution: what it said then, and what is to be said today.

use jiff::{SignedDuration, Timestamp};
use rule::{Decision, Status, Verdict};

use super::case::Case;
use super::exception::{Exception, ExceptionCode};
use super::gate::{GateFunction, Said, message};
use super::history::ActionExecution;
use super::judge::Standard;

/// How long after a Lambda action's report the history shows its end: some 30 seconds were
/// recorded, and of approvals up to 35.
const REPORTED: SignedDuration = SignedDuration::from_secs(35);

/// A run of the gate.
#[derive(Debug)]
pub struct GateRun {
    execution_id: String,
    pub stage: Option<String>,
    pub action: Option<String>,
    pub id: Option<String>,
    pub status: Status,
    pub started: Option<Timestamp>,
    /// When its status last changed: the end of a run that has ended.
    pub updated: Option<Timestamp>,
    pub said: Said,
    /// The words that came with what it said.
    pub message: Option<String>,
    /// The UserParameters that it had.
    pub parameters: Option<String>,
    /// Today's evaluation of what it had before it; none of a run that has not ended.
    pub evaluated: Option<Result<Decision, String>>,
}

impl GateRun {
    /// The runs of the gate in a case, oldest first.
    pub fn of(case: &Case, gate: &GateFunction, standard: &Standard) -> Vec<Self> {
        let runs = case.actions.iter().filter(|action| gate.is_run_by(action));
        runs.map(|action| Self::new(case, action, standard)).collect()
    }

    fn new(case: &Case, action: &ActionExecution, standard: &Standard) -> Self {
        let attempt = &action.attempt;
        let has_ended = match attempt.status {
            Status::Succeeded | Status::Failed | Status::Abandoned | Status::Unknown => true,
            Status::InProgress => false,
        };
        Self {
            execution_id: case.execution.id.clone(),
            stage: attempt.stage.clone(),
            action: attempt.action.clone(),
            id: attempt.id.clone(),
            status: attempt.status,
            started: attempt.started,
            updated: attempt.updated,
            said: Said::by(action),
            message: message(action).map(str::to_owned),
            parameters: action.configuration.get("UserParameters").cloned(),
            evaluated: has_ended.then(|| evaluate(case, action, standard)),
        }
    }

    pub fn has_ended(&self) -> bool {
        self.evaluated.is_some()
    }

    /// Today's verdict.
    pub fn verdict(&self) -> Option<Verdict> {
        let decision = self.evaluated.as_ref()?.as_ref().ok()?;
        Some(decision.record().verdict)
    }

    /// Whether the run said what is to be said today; none where one of the two is no verdict.
    pub fn agrees(&self) -> Option<bool> {
        match (&self.said, self.verdict()?) {
            (Said::Satisfied { .. }, _) if self.judged_another().is_some() => Some(false),
            (Said::Satisfied { .. }, verdict) => Some(verdict == Verdict::Satisfied),
            (Said::Unsatisfied, verdict) => Some(verdict == Verdict::Unsatisfied),
            (Said::SuccessWithoutVerdict | Said::Failure | Said::Nothing, _) => None,
        }
    }

    /// The execution on which the run reported, where it is another than its own.
    fn judged_another(&self) -> Option<&str> {
        match &self.said {
            Said::Satisfied { execution_id, .. } => {
                execution_id.as_deref().filter(|id| *id != self.execution_id)
            }
            Said::Unsatisfied | Said::SuccessWithoutVerdict | Said::Failure | Said::Nothing => None,
        }
    }

    /// In what this run differs from today's evaluation, and what else is odd about it.
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut found = Vec::new();
        if let Some(judged) = self.judged_another() {
            let message = format!("The gate reported a verdict on another execution, {judged}.");
            found.push(Exception::new(ExceptionCode::VerdictDiffers, message));
        } else if self.agrees() == Some(false) {
            let today = self.verdict().map_or("", Verdict::as_str);
            let message =
                format!("The gate reported {}, today's evaluation is {today}.", self.said.as_str());
            found.push(Exception::new(ExceptionCode::VerdictDiffers, message));
        }
        match &self.said {
            Said::Satisfied { approvers, .. } => found.extend(self.other_approvers(approvers.as_deref())),
            Said::SuccessWithoutVerdict => found.push(Exception::new(
                ExceptionCode::SuccessWithoutVerdict,
                "The gate's action succeeded without reporting a verdict. Whoever may call PutJobSuccessResult can do that in its place.",
            )),
            Said::Failure if self.verdict() == Some(Verdict::Satisfied) => found.push(Exception::new(
                ExceptionCode::GateFailed,
                "The gate failed without a verdict, and today's evaluation is satisfied.",
            )),
            Said::Unsatisfied | Said::Failure | Said::Nothing => {}
        }
        found
    }

    fn other_approvers(&self, reported: Option<&str>) -> Option<Exception> {
        let today = self.evaluated.as_ref()?.as_ref().ok()?.satisfied()?.approvers();
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

/// What the run had before it.
///
/// When it decided is not known: after its start, and before the end that the history shows, which
/// is some 30 seconds after its report. So ages are measured at the earliest time at which it can
/// have reported. An answer that CodePipeline noticed during the run is one that the gate may or
/// may not have seen: it speaks for a run that reported satisfied, since it was given before
/// anything was released, and for no other. What speaks against a verdict always counts.
fn evaluate(
    case: &Case,
    action: &ActionExecution,
    standard: &Standard,
) -> Result<Decision, String> {
    let lacks =
        |what: &str| format!("The history does not say {what} the gate ran. Read it again.");
    let ended = action.attempt.updated.ok_or_else(|| lacks("when"))?;
    let began = action.attempt.started.unwrap_or(ended);
    let decided = ended.checked_sub(REPORTED).unwrap_or(ended).max(began);
    let stage = action.attempt.stage.as_deref().ok_or_else(|| lacks("in which stage"))?;
    let parameters = action.configuration.get("UserParameters").map(String::as_str);
    let rule = standard.rule(parameters, stage, &case.execution.id)?;
    let of_what_was_noticed_by = |at| standard.judge_as_of(&rule, case, stage, at, decided);
    let by_its_end = of_what_was_noticed_by(ended)?;
    if matches!(Said::by(action), Said::Satisfied { .. }) || by_its_end.satisfied().is_none() {
        return Ok(by_its_end);
    }
    of_what_was_noticed_by(began)
}
