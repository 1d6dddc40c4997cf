//! Where in the pipeline the gate stands, learnt from the executions in which it ran: what comes
//! before it, and what after.
//!
//! The history of an execution does not say which stages it has not reached, and the pipeline as it
//! is today is not the pipeline as it was. What an execution without the gate reached is therefore
//! measured against those that had it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::case::Case;
use super::gate::GateFunction;
use super::history::{ActionExecution, ExecutionStatus};

/// What the other executions of a pipeline show of its order.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// The gate's stage in the newest execution that has one.
    pub gate_stage: Option<String>,
    /// Stages and actions that ran before the gate.
    before: BTreeSet<(String, String)>,
    /// Stages that were never entered before the gate had passed.
    after: BTreeSet<String>,
}

impl Route {
    /// Learns from executions, newest first.
    pub(crate) fn learn(cases: &[Case], gate: &GateFunction) -> Self {
        let mut route = Self::default();
        let mut entered_before = BTreeSet::new();
        for case in cases {
            let mut gates = case.actions.iter().filter(|action| gate.is_run_by(action));
            let Some(first) = gates.clone().next() else {
                continue;
            };
            let Some(started) = first.attempt.started else {
                continue;
            };
            let passed = gates.next_back().and_then(ended);
            if route.gate_stage.is_none() {
                route.gate_stage.clone_from(&first.attempt.stage);
            }
            for action in case.actions.iter().filter(|action| !gate.is_run_by(action)) {
                let Some((stage, name)) = place(action) else {
                    continue;
                };
                if action.attempt.started.is_some_and(|at| at < started) {
                    entered_before.insert(stage.to_owned());
                    if !route.before.iter().any(|(s, n)| s == stage && n == name) {
                        route.before.insert((stage.to_owned(), name.to_owned()));
                    }
                } else if passed.is_some_and(|passed| action.attempt.started >= Some(passed))
                    && !route.after.contains(stage)
                {
                    route.after.insert(stage.to_owned());
                }
            }
        }
        route.after.retain(|stage| !entered_before.contains(stage));
        route
    }

    /// The actions by which an execution without the gate went on: where it reached past the point
    /// at which the gate should have been.
    ///
    /// INVARIANT (fail closed): where nothing tells that an action comes before the gate, a
    /// deployment counts as one that does not. Only an execution under way gets the benefit of the
    /// doubt, since it may yet come to the gate, and is judged when it has ended.
    pub(crate) fn beyond<'a>(&self, case: &'a Case) -> Vec<&'a ActionExecution> {
        let approvals = approval_stages(case, |stage| self.is_before(stage));
        let in_doubt = self.gate_stage.is_none() && case.execution.status.is_active();
        let first_approval = approvals.iter().filter_map(|stage| entered(case, stage)).min();
        let is_beyond = |action: &&ActionExecution| {
            let Some((stage, name)) = place(action) else {
                return false;
            };
            let known_before = self.before.iter().any(|(s, n)| s == stage && n == name);
            let deploys = action.kind.as_ref().is_some_and(|kind| kind.category == "Deploy");
            let after_approvals = !approvals.contains(stage)
                && !self.is_before(stage)
                && self.gate_stage.as_deref() != Some(stage)
                && first_approval
                    .is_some_and(|first| entered(case, stage).is_none_or(|at| at > first));
            self.after.contains(stage) || after_approvals || (deploys && !known_before && !in_doubt)
        };
        case.actions.iter().filter(is_beyond).collect()
    }

    /// Whether an execution without the gate went on. One that succeeded went through the whole
    /// pipeline.
    pub(crate) fn went_on(&self, case: &Case) -> bool {
        case.execution.status == ExecutionStatus::Succeeded || !self.beyond(case).is_empty()
    }

    /// The stage whose approvals matter in an execution without the gate: the rule's or the gate's,
    /// or else the last that does not come before the gate's.
    pub(crate) fn approval_stage(&self, case: &Case, of_rule: Option<&str>) -> Option<String> {
        let wanted = of_rule.or(self.gate_stage.as_deref());
        let stages = approval_stages(case, |stage| wanted != Some(stage) && self.is_before(stage));
        let last = || stages.iter().max_by_key(|stage| entered(case, stage)).copied();
        let found = wanted.filter(|stage| stages.contains(stage)).or_else(last);
        found.map(str::to_owned)
    }

    fn is_before(&self, stage: &str) -> bool {
        self.gate_stage.as_deref() != Some(stage) && self.before.iter().any(|(s, _)| s == stage)
    }
}

fn approval_stages(case: &Case, left_out: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let approvals = case.actions.iter().filter(|action| action.attempt.kind.may_be_approval());
    let stages = approvals.filter_map(|action| action.attempt.stage.as_deref());
    stages.filter(|stage| !left_out(stage)).collect()
}

/// When an execution first entered a stage.
fn entered(case: &Case, stage: &str) -> Option<Timestamp> {
    let of_stage =
        case.actions.iter().filter(|action| action.attempt.stage.as_deref() == Some(stage));
    of_stage.filter_map(|action| action.attempt.started).min()
}

fn ended(action: &ActionExecution) -> Option<Timestamp> {
    action.attempt.updated
}

fn place(action: &ActionExecution) -> Option<(&str, &str)> {
    action.attempt.stage.as_deref().zip(action.attempt.action.as_deref())
}
