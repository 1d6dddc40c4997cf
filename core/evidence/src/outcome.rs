//! The verdict of an execution, and the decision on which it rests.

use rule::{Decision, Status};

use super::case::Case;
use super::evaluate::Verdict;
use super::gate_run::GateRun;
use super::judge::Standard;
use super::route::Route;

/// What an evaluation comes to.
pub(crate) struct Outcome {
    pub verdict: Verdict,
    pub problem: Option<String>,
    pub decision: Option<Decision>,
}

impl Outcome {
    fn without_decision(verdict: Verdict) -> Self {
        Self { verdict, problem: None, decision: None }
    }

    pub(crate) fn error(problem: String) -> Self {
        Self { verdict: Verdict::Error, problem: Some(problem), decision: None }
    }

    fn of(decided: Result<Decision, String>) -> Self {
        match decided {
            Err(problem) => Self::error(problem),
            Ok(decision) => {
                let verdict = match decision.record().verdict {
                    rule::Verdict::Satisfied => Verdict::Satisfied,
                    rule::Verdict::Unsatisfied => Verdict::Unsatisfied,
                };
                Self { verdict, problem: None, decision: Some(decision) }
            }
        }
    }
}

/// The outcome of an execution in which the gate never ran.
pub(crate) fn without_gate(
    case: &Case,
    standard: &Standard,
    route: &Route,
    went_on: bool,
) -> Outcome {
    let approval_stage = route.approval_stage(case, standard.floor.stage());
    if went_on {
        // Whoever approved is shown, and does not make up for the gate.
        let reached = route.beyond(case).iter().filter_map(|action| action.attempt.started).min();
        let at = reached.or(case.last_update());
        let decision = approval_stage.zip(at).and_then(|(stage, at)| {
            standard.judge_as_of(&standard.floor, case, &stage, at, at).ok()
        });
        return Outcome { verdict: Verdict::NoGate, problem: None, decision };
    }
    if case.execution.status.is_active() {
        return Outcome::without_decision(Verdict::NotFinished);
    }
    match approval_stage {
        None => Outcome::without_decision(Verdict::NotApplicable),
        Some(stage) => at_its_end(case, standard, &standard.floor, &stage),
    }
}

/// The outcome of an execution in which the gate ran.
pub(crate) fn with_gate(
    case: &Case,
    standard: &Standard,
    runs: &[GateRun],
    went_on: bool,
) -> Outcome {
    let Some(last) = runs.last() else {
        return Outcome::without_decision(Verdict::NotApplicable);
    };
    if runs.iter().any(|run| run.started.is_none()) {
        return Outcome::error(
            "The history does not say when the gate ran. Read it again.".to_owned(),
        );
    }
    let reopened = reopened_after(case, last);
    let newest = newest_of_each(runs);
    let says_more =
        reopened || newest.iter().any(|run| !run.has_ended()) || last.status != Status::Succeeded;
    if case.execution.status.is_active() && says_more && !went_on {
        return Outcome::without_decision(Verdict::NotFinished);
    }
    // Approvals that were asked for again, and that no gate has seen: what counts is how that
    // ended.
    if reopened && let Some(stage) = &last.stage {
        let parameters = case.actions.iter().find(|action| action.attempt.id == last.id);
        let parameters = parameters.and_then(|action| action.configuration.get("UserParameters"));
        return match standard.rule(parameters.map(String::as_str), stage, &case.execution.id) {
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
        None => Outcome::error(
            "The history does not say when this execution ended. Read it again.".to_owned(),
        ),
    }
}

/// Whether an approval of the gate's stage was asked for again after the gate's newest run.
fn reopened_after(case: &Case, last: &GateRun) -> bool {
    let approvals = case.actions.iter().map(|action| &action.attempt);
    let mut approvals =
        approvals.filter(|attempt| attempt.kind.may_be_approval() && attempt.stage == last.stage);
    let ended = last.updated.filter(|_| last.has_ended());
    approvals.any(|attempt| {
        ended.is_some_and(|ended| attempt.started.is_some_and(|started| started >= ended))
    })
}

/// The newest run of each action that runs the gate, oldest first.
pub(super) fn newest_of_each(runs: &[GateRun]) -> Vec<&GateRun> {
    let superseded = |position: usize, run: &GateRun| {
        let mut later = runs.iter().skip(position.saturating_add(1));
        later.any(|other| (&other.stage, &other.action) == (&run.stage, &run.action))
    };
    let runs = runs.iter().enumerate();
    runs.filter(|(position, run)| !superseded(*position, run)).map(|(_, run)| run).collect()
}
