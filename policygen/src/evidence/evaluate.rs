//! From one execution to its verdict.

use rule::{Decision, Status};

use super::approvals::{ApprovalAttempt, attempts};
use super::case::Case;
use super::exception::{Exception, ExceptionCode};
use super::gate::GateFunction;
use super::gate_run::GateRun;
use super::history::{ActionExecution, ExecutionStatus, PipelineExecution};
use super::judge::Standard;
use super::route::Route;

/// What is to be said of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
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
    pub(crate) const ALL: [Self; 6] = [
        Self::Satisfied,
        Self::Unsatisfied,
        Self::NoGate,
        Self::NotFinished,
        Self::NotApplicable,
        Self::Error,
    ];

    pub(crate) fn as_str(self) -> &'static str {
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
pub(crate) struct Evaluated {
    pub(crate) execution: PipelineExecution,
    pub(crate) pipeline_version: Option<i32>,
    pub(crate) verdict: Verdict,
    /// Why there is no verdict: a whole sentence.
    pub(crate) problem: Option<String>,
    /// Every attempt of every approval, oldest first.
    pub(crate) approvals: Vec<ApprovalAttempt>,
    /// Every run of the gate, oldest first.
    pub(crate) gate_runs: Vec<GateRun>,
    /// The decision on which the verdict rests.
    pub(crate) decision: Option<Decision>,
    /// Whether the execution went past the gate, or past where it should have been: a release.
    pub(crate) went_on: bool,
    /// What ran after the gate, oldest first.
    pub(crate) deployments: Vec<ActionExecution>,
    pub(crate) exceptions: Vec<Exception>,
}

/// What an evaluation comes to.
struct Outcome {
    verdict: Verdict,
    problem: Option<String>,
    decision: Option<Decision>,
}

impl Outcome {
    fn without_decision(verdict: Verdict) -> Self {
        Self {
            verdict,
            problem: None,
            decision: None,
        }
    }

    fn error(problem: String) -> Self {
        Self {
            verdict: Verdict::Error,
            problem: Some(problem),
            decision: None,
        }
    }

    fn of(decided: Result<Decision, String>) -> Self {
        match decided {
            Err(problem) => Self::error(problem),
            Ok(decision) => {
                let verdict = match decision.record().verdict {
                    rule::Verdict::Satisfied => Verdict::Satisfied,
                    rule::Verdict::Unsatisfied => Verdict::Unsatisfied,
                };
                Self {
                    verdict,
                    problem: None,
                    decision: Some(decision),
                }
            }
        }
    }
}

/// Evaluates one execution by the rule, against what the others show of the pipeline.
pub(crate) fn evaluate(case: Case, standard: &Standard, gate: &GateFunction, route: &Route) -> Evaluated {
    let gate_runs = GateRun::of(&case, gate, standard);
    let after_gate = Passed::by(&case, &gate_runs);
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
    let exceptions = exceptions(&case, &outcome, &gate_runs, went_on);
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

/// What came after the newest run of the gate.
struct Passed<'a> {
    succeeded: bool,
    actions: Vec<&'a ActionExecution>,
}

impl<'a> Passed<'a> {
    /// What began after the gate had ended, and is no part of running its stage again.
    ///
    /// INVARIANT (fail closed): what does not say when it began came after the gate, unless the gate had seen it before.
    fn by(case: &'a Case, runs: &[GateRun]) -> Self {
        let newest = runs.last();
        let ended = newest.filter(|run| run.has_ended()).and_then(|run| run.updated);
        let began = newest.and_then(|run| run.started);
        let same = |a: &ActionExecution, b: &ActionExecution| {
            a.attempt.stage == b.attempt.stage && a.attempt.action == b.attempt.action
        };
        let is_gate = |action: &ActionExecution| runs.iter().any(|run| run.id.is_some() && run.id == action.attempt.id);
        let ran_before = |action: &ActionExecution| {
            let earlier = |other: &&ActionExecution| {
                other
                    .attempt
                    .started
                    .is_some_and(|at| began.is_none_or(|began| at < began))
            };
            case.actions.iter().filter(earlier).any(|other| same(other, action))
        };
        let came_after = |action: &&ActionExecution| {
            let late = ended.is_some_and(|ended| action.attempt.started.is_none_or(|at| at >= ended));
            late && !is_gate(action) && !ran_before(action)
        };
        Self {
            succeeded: case.execution.status == ExecutionStatus::Succeeded,
            actions: case.actions.iter().filter(came_after).collect(),
        }
    }

    fn went_on(&self) -> bool {
        self.succeeded || !self.actions.is_empty()
    }
}

fn without_gate(case: &Case, standard: &Standard, route: &Route, went_on: bool) -> Outcome {
    let approval_stage = route.approval_stage(case);
    if went_on {
        // Whoever approved is shown, and does not make up for the gate.
        let reached = route
            .beyond(case)
            .iter()
            .filter_map(|action| action.attempt.started)
            .min();
        let at = reached.or(case.last_update());
        let decision = approval_stage
            .zip(at)
            .and_then(|(stage, at)| standard.judge_as_of(&standard.floor, case, &stage, at).ok());
        return Outcome {
            verdict: Verdict::NoGate,
            problem: None,
            decision,
        };
    }
    if case.execution.status.is_active() {
        return Outcome::without_decision(Verdict::NotFinished);
    }
    match approval_stage {
        None => Outcome::without_decision(Verdict::NotApplicable),
        Some(stage) => at_its_end(case, standard, &standard.floor, &stage),
    }
}

fn with_gate(case: &Case, standard: &Standard, runs: &[GateRun], went_on: bool) -> Outcome {
    let Some(last) = runs.last() else {
        return Outcome::without_decision(Verdict::NotApplicable);
    };
    if runs.iter().any(|run| run.started.is_none()) {
        return Outcome::error("The history does not say when the gate ran. Read it again.".to_owned());
    }
    let reopened = reopened_after(case, last);
    let newest = newest_of_each(runs);
    let says_more = reopened || newest.iter().any(|run| !run.has_ended()) || last.status != Status::Succeeded;
    if case.execution.status.is_active() && says_more && !went_on {
        return Outcome::without_decision(Verdict::NotFinished);
    }
    // Approvals that were asked for again, and that no gate has seen: what counts is how that ended.
    if reopened && let Some(stage) = &last.stage {
        let parameters = case.actions.iter().find(|action| action.attempt.id == last.id);
        let parameters = parameters.and_then(|action| action.configuration.get("UserParameters"));
        return match standard.rule(parameters.map(String::as_str), &case.execution.id) {
            Ok(rule) => at_its_end(case, standard, &rule, stage),
            Err(problem) => Outcome::error(problem),
        };
    }
    let mut outcome = Outcome::without_decision(Verdict::NotFinished);
    for run in newest {
        outcome = match &run.evaluated {
            Some(evaluated) => Outcome::of(evaluated.clone()),
            // The execution has ended, and the gate's run has not: the record is behind.
            None => Outcome::error(
                "The history shows the gate as running in an execution that has ended. Read it again.".to_owned(),
            ),
        };
        // Several gates are satisfied when each of them is.
        if outcome.verdict != Verdict::Satisfied {
            break;
        }
    }
    outcome
}

/// Judges an execution that ended before a gate could judge it.
fn at_its_end(case: &Case, standard: &Standard, rule: &rule::Rule, stage: &str) -> Outcome {
    match case.last_update() {
        Some(at) => Outcome::of(standard.judge_whole(rule, case, stage, at)),
        None => Outcome::error("The history does not say when this execution ended. Read it again.".to_owned()),
    }
}

/// Whether an approval of the gate's stage was asked for again after the gate's newest run.
fn reopened_after(case: &Case, last: &GateRun) -> bool {
    let approvals = case.actions.iter().map(|action| &action.attempt);
    let mut approvals = approvals.filter(|attempt| attempt.kind.may_be_approval() && attempt.stage == last.stage);
    let ended = last.updated.filter(|_| last.has_ended());
    approvals.any(|attempt| ended.is_some_and(|ended| attempt.started.is_some_and(|started| started >= ended)))
}

/// The newest run of each action that runs the gate, oldest first.
fn newest_of_each(runs: &[GateRun]) -> Vec<&GateRun> {
    let superseded = |position: usize, run: &GateRun| {
        let mut later = runs.iter().skip(position.saturating_add(1));
        later.any(|other| (&other.stage, &other.action) == (&run.stage, &run.action))
    };
    let runs = runs.iter().enumerate();
    runs.filter(|(position, run)| !superseded(*position, run))
        .map(|(_, run)| run)
        .collect()
}

fn exceptions(case: &Case, outcome: &Outcome, runs: &[GateRun], went_on: bool) -> Vec<Exception> {
    use ExceptionCode as Code;

    let mut found = Vec::new();
    match outcome.verdict {
        Verdict::NoGate => {
            let rollback = case.execution.kind.as_deref() == Some("ROLLBACK");
            let how = if rollback {
                "was a rollback, which"
            } else {
                "went on and"
            };
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
        Verdict::Satisfied | Verdict::Unsatisfied | Verdict::NotFinished | Verdict::NotApplicable => {}
    }
    let past = runs.last().filter(|run| went_on && run.status != Status::Succeeded);
    if past.is_some() {
        found.push(Exception::new(
            Code::WentPastGate,
            "This execution went on although the newest run of the gate had not let it pass.",
        ));
    }
    found.extend(runs.iter().flat_map(|run| run.exceptions(&case.execution.id)));
    found
}

/// Why a decision is not satisfied, in one line.
fn reasons(outcome: &Outcome) -> String {
    let reasons = outcome.decision.iter().flat_map(|decision| &decision.record().reasons);
    let messages: Vec<&str> = reasons.map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}
