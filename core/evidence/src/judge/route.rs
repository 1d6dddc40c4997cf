//! Learns from the executions with a gate what comes before and after the gate in the pipeline.
//!
//! The history of an execution does not show the stages that it has not reached, and today's
//! pipeline may differ from the one that ran. So an execution without a gate is compared with those
//! that had one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use names::FunctionRef;

use super::gate_function::runs_gate;
use crate::read::case::Case;
use crate::read::history::{ActionExecution, ExecutionStatus};

/// The order of a pipeline, as far as its executions show it.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// The gate's stage in the newest execution that has one.
    gate_stage: Option<String>,
    /// Stages that were entered before the gate, with the actions that ran in them before it.
    before: BTreeMap<String, BTreeSet<String>>,
    /// Stages that no execution entered before the gate had let it pass.
    after: BTreeSet<String>,
}

impl Route {
    /// Learns from executions, newest first.
    pub(crate) fn learn(cases: &[Case], gate: &FunctionRef) -> Self {
        let mut route = Self::default();
        for case in cases {
            let mut gates = case.actions.iter().filter(|action| runs_gate(gate, action));
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
            for action in case.actions.iter().filter(|action| !runs_gate(gate, action)) {
                let Some((stage, name)) = place(action) else {
                    continue;
                };
                if action.attempt.started.is_some_and(|at| at < started) {
                    if !route.knows_before(stage, name) {
                        route.before.entry(stage.to_owned()).or_default().insert(name.to_owned());
                    }
                } else if passed.is_some_and(|passed| action.attempt.started >= Some(passed))
                    && !route.after.contains(stage)
                {
                    route.after.insert(stage.to_owned());
                }
            }
        }
        route.after.retain(|stage| !route.before.contains_key(stage));
        route
    }

    /// The actions of an execution without a gate that ran past the place where the gate should be.
    ///
    /// INVARIANT (fail closed): a deployment counts as past the gate unless another execution shows
    /// that it comes before. The only exception is an execution in progress of a pipeline whose
    /// gate was never seen: it may still reach the gate, and is judged when it has ended.
    pub(crate) fn past_gate<'a>(&self, case: &'a Case) -> Vec<&'a ActionExecution> {
        let approvals = approval_stages(case, |stage| self.is_before(stage));
        let in_doubt = self.gate_stage.is_none() && case.execution.status.is_active();
        let entered = entered(case);
        let first_approval = approvals.iter().filter_map(|stage| entered.get(stage)).min();
        let is_past_gate = |action: &&ActionExecution| {
            let Some((stage, name)) = place(action) else {
                return false;
            };
            let known_before = self.knows_before(stage, name);
            let deploys = action.kind.as_ref().is_some_and(|kind| kind.category == "Deploy");
            let after_approvals = !approvals.contains(stage)
                && !self.is_before(stage)
                && self.gate_stage.as_deref() != Some(stage)
                && first_approval
                    .is_some_and(|first| entered.get(stage).is_none_or(|at| at > first));
            self.after.contains(stage) || after_approvals || (deploys && !known_before && !in_doubt)
        };
        case.actions.iter().filter(is_past_gate).collect()
    }

    /// Whether an execution without a gate released something. If it succeeded, it went through the
    /// whole pipeline.
    pub(crate) fn released(&self, case: &Case) -> bool {
        case.execution.status == ExecutionStatus::Succeeded || !self.past_gate(case).is_empty()
    }

    /// The stage whose approvals matter in an execution without a gate: the rule's, the gate's, or
    /// else the last stage with approvals that does not come before the gate.
    pub(crate) fn approval_stage(&self, case: &Case, of_rule: Option<&str>) -> Option<String> {
        let wanted = of_rule.or(self.gate_stage.as_deref());
        let stages = approval_stages(case, |stage| wanted != Some(stage) && self.is_before(stage));
        let entered = entered(case);
        let last = || stages.iter().max_by_key(|stage| entered.get(*stage)).copied();
        let found = wanted.filter(|stage| stages.contains(stage)).or_else(last);
        found.map(str::to_owned)
    }

    fn is_before(&self, stage: &str) -> bool {
        self.gate_stage.as_deref() != Some(stage) && self.before.contains_key(stage)
    }

    fn knows_before(&self, stage: &str, action: &str) -> bool {
        self.before.get(stage).is_some_and(|actions| actions.contains(action))
    }
}

fn approval_stages(case: &Case, is_left_out: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let approvals = case.actions.iter().filter(|action| action.attempt.kind.may_be_approval());
    let stages = approvals.filter_map(|action| action.attempt.stage.as_deref());
    stages.filter(|stage| !is_left_out(stage)).collect()
}

/// When an execution first entered each stage.
fn entered(case: &Case) -> HashMap<&str, Timestamp> {
    let mut entered = HashMap::new();
    for attempt in case.actions.iter().map(|action| &action.attempt) {
        if let Some((stage, at)) = attempt.stage.as_deref().zip(attempt.started) {
            let first = entered.entry(stage).or_insert(at);
            *first = at.min(*first);
        }
    }
    entered
}

fn ended(action: &ActionExecution) -> Option<Timestamp> {
    action.attempt.updated
}

fn place(action: &ActionExecution) -> Option<(&str, &str)> {
    action.attempt.stage.as_deref().zip(action.attempt.action.as_deref())
}
