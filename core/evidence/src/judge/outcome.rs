//! Finds the verdict on an execution and the decision behind it.

use std::collections::HashSet;
use std::sync::Arc;

use rule::{Attempts, Decision, Facts, Rule, Status};

use super::gate_run::GateRun;
use super::route::Route;
use super::standard::{Decided, Kept, Question, Standard};
use super::timeline::Timeline;
use super::verdict::Verdict;
use crate::read::case::Case;

/// The verdict on an execution.
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// What prevented a verdict: a sentence.
    pub(crate) problem: Option<String>,
    /// The decision behind the verdict.
    pub(crate) decision: Option<Arc<Decision>>,
    /// The facts behind the decision, if they are kept.
    pub(crate) facts: Option<Box<Facts>>,
}

impl Outcome {
    fn without_decision(verdict: Verdict) -> Self {
        Self { verdict, problem: None, decision: None, facts: None }
    }

    pub(crate) fn error(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::without_decision(Verdict::Error) }
    }

    fn from_decision(decided: Result<Decided, String>) -> Self {
        match decided {
            Err(problem) => Self::error(problem),
            Ok(Decided { decision, facts }) => {
                let verdict = match decision.record().verdict {
                    rule::Verdict::Satisfied => Verdict::Satisfied,
                    rule::Verdict::Unsatisfied => Verdict::Unsatisfied,
                };
                Self { verdict, problem: None, decision: Some(decision), facts }
            }
        }
    }
}

/// The outcome of an execution without a run of the gate.
pub(crate) fn without_gate(
    case: &Case,
    standard: &Standard,
    route: &Route,
    released: bool,
) -> Outcome {
    let approval_stage = route.approval_stage(case, standard.floor.stage());
    if released {
        // The decision is shown for information. Approvals do not replace the gate.
        let reached =
            route.past_gate(case).iter().filter_map(|action| action.attempt.started).min();
        let at = reached.or(case.last_update());
        let decided = approval_stage.zip(at).and_then(|(stage, at)| {
            let attempts = standard.attempts(case);
            let question =
                Question { rule: &standard.floor, case, gate_stage: &stage, now: at, kept: None };
            let judge = |attempts: &Attempts<'_>| standard.judge(&question, attempts).ok();
            Timeline::new(&attempts).as_of(at, judge)
        });
        return Outcome {
            decision: decided.map(|decided| decided.decision),
            ..Outcome::without_decision(Verdict::NoGate)
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

/// The outcome of an execution with runs of the gate.
pub(crate) fn with_gate(
    case: &Case,
    standard: &Standard,
    runs: &[GateRun],
    released: bool,
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
    let may_run_again =
        reopened || newest.iter().any(|run| !run.has_ended()) || last.status != Status::Succeeded;
    if case.execution.status.is_active() && may_run_again && !released {
        return Outcome::without_decision(Verdict::NotFinished);
    }
    // The approvals were asked for again and no gate has seen the answers. The execution is judged
    // by how that ended.
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
            Some(evaluated) => Outcome::from_decision(evaluated.clone()),
            // A run cannot outlast its execution, so the record is out of date.
            None => Outcome::error(
                "The history shows the gate as running in an execution that has ended. Read it \
                 again."
                    .to_owned(),
            ),
        };
        // If there are several gates, each must be satisfied.
        if outcome.verdict != Verdict::Satisfied {
            break;
        }
    }
    outcome
}

/// Judges an execution that ended before a gate did, by everything that ever happened in it.
fn at_its_end(case: &Case, standard: &Standard, rule: &Rule, stage: &str) -> Outcome {
    let Some(now) = case.last_update() else {
        return Outcome::error(
            "The history does not say when this execution ended. Read it again.".to_owned(),
        );
    };
    let attempts = standard.attempts(case);
    let kept = standard.keeps_facts.then_some(Kept { attempts: &attempts, as_of: None });
    let question = Question { rule, case, gate_stage: stage, now, kept };
    Outcome::from_decision(standard.judge(&question, &attempts.iter().collect()))
}

/// Whether an approval of the gate's stage was asked for again after the gate's newest run. One
/// that is asked for only after the gate is not among those that the gate judged.
///
/// INVARIANT (fail closed): an attempt without a start time may have been before the gate.
fn reopened_after(case: &Case, last: &GateRun) -> bool {
    let Some(ended) = last.updated.filter(|_| last.has_ended()) else { return false };
    let approvals = || {
        let attempts = case.actions.iter().map(|action| &action.attempt);
        attempts.filter(|it| it.kind.may_be_approval() && it.stage == last.stage)
    };
    let mut after =
        approvals().filter(|attempt| attempt.started.is_some_and(|started| started >= ended));
    after.any(|attempt| {
        approvals().any(|other| {
            other.action == attempt.action && other.started.is_none_or(|started| started < ended)
        })
    })
}

/// The newest run of each gate action, oldest first.
pub(super) fn newest_of_each(runs: &[GateRun]) -> Vec<&GateRun> {
    let mut seen = HashSet::new();
    let newest = runs.iter().rev().filter(|run| seen.insert((&run.stage, &run.action)));
    let mut newest = Vec::from_iter(newest);
    newest.reverse();
    newest
}
