//! The actions that run the gate, and the rule that each applies.

use std::collections::BTreeSet;

use names::{FunctionRef, Versions};
use rule::{Rule, RuleError};

use super::place::Place;
use crate::pipeline::{Action, ConditionRule, Pipeline, is_open};

/// The variable that CodePipeline replaces with the id of the execution (CodePipeline User Guide,
/// "Variables").
pub(crate) const EXECUTION_VARIABLE: &str = "#{codepipeline.PipelineExecutionId}";

/// Takes the place of the variable, so that the rule's own parser can read the parameters.
const SOME_EXECUTION: &str = "00000000-0000-0000-0000-000000000000";

/// Whether an action runs the gate.
pub(crate) fn runs_gate(action: &Action, gate: &FunctionRef) -> bool {
    let function = action.configuration.get("FunctionName");
    action.runs_function() && function.is_some_and(|function| gate.matches(function, Versions::Any))
}

/// Whether a stage condition asks the gate.
pub(crate) fn asks_gate(rule: &ConditionRule, gate: &FunctionRef) -> bool {
    let function = rule.configuration.get("FunctionName");
    rule.rule_type_id.provider == "LambdaInvoke"
        && function.is_some_and(|function| gate.matches(function, Versions::Any))
}

/// The action's UserParameters.
#[derive(Clone, Debug)]
pub(crate) enum Parameters {
    /// The action has none.
    Absent,
    /// They are a valid rule.
    Read,
    /// The gate would refuse them, for this reason.
    Refused(RuleError),
    /// They depend on a variable, so nobody knows their text beforehand.
    Variable(String),
}

/// An action that runs the gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate<'a> {
    pub place: Place<'a>,
    pub parameters: Parameters,
    /// The rule that it applies, as far as that is known: the floor, tightened by the parameters.
    pub rule: Rule,
    /// The index of the stage of the approvals, if it exists.
    stage: Option<usize>,
    /// The approvals that it asks for and that exist.
    pub approvals: Vec<Place<'a>>,
    /// The names of the approvals that it asks for, existing or not.
    pub required: BTreeSet<String>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, place: Place<'a>, floor: &Rule) -> Self {
        let (parameters, rule) = read_parameters(place, floor);
        let stage = match rule.stage() {
            None => Some(place.stage_index),
            Some(name) => pipeline.stages().iter().position(|stage| stage.name == name),
        };
        let named: BTreeSet<String> = rule.named_actions().map(str::to_owned).collect();
        let in_stage = Place::all(pipeline).filter(|there| stage == Some(there.stage_index));
        let is_asked_for = |there: &Place<'_>| {
            there.action.kind().may_be_approval()
                && (rule.requires_every_approval() || named.contains(&there.action.name))
        };
        let approvals: Vec<Place<'a>> = in_stage.filter(is_asked_for).collect();
        let there = approvals.iter().map(|approval| approval.action.name.clone());
        Self {
            place,
            parameters,
            stage,
            required: named.into_iter().chain(there).collect(),
            approvals,
            rule,
        }
    }

    /// The index of the stage of the approvals. `None` if the rule names a stage that does not
    /// exist.
    pub(crate) fn approval_stage(&self) -> Option<usize> {
        self.stage
    }

    /// The approval that is asked for first.
    pub(crate) fn first_approval(&self) -> Option<Place<'a>> {
        self.approvals.iter().copied().min_by_key(|approval| approval.order())
    }

    /// The index of the stage where its approvals begin. Its own stage, if no approval comes
    /// before.
    pub(crate) fn first_guarded_stage(&self) -> usize {
        let approvals = self.first_approval().map_or(usize::MAX, |approval| approval.stage_index);
        approvals.min(self.place.stage_index)
    }

    /// Whether the parameters name the execution.
    pub(crate) fn knows_execution(&self) -> bool {
        match &self.parameters {
            Parameters::Absent | Parameters::Refused(_) => false,
            Parameters::Read => self.rule.pipeline_execution_id() == Some(SOME_EXECUTION),
            Parameters::Variable(text) => text.contains(EXECUTION_VARIABLE),
        }
    }

    /// An execution that the parameters or the floor name literally, so that no other can pass.
    pub(crate) fn fixed_execution(&self) -> Option<&str> {
        self.rule.pipeline_execution_id().filter(|id| *id != SOME_EXECUTION)
    }
}

fn read_parameters(place: Place<'_>, floor: &Rule) -> (Parameters, Rule) {
    let Some(text) = place.action.configuration.get("UserParameters") else {
        return (Parameters::Absent, floor.clone());
    };
    let resolved = text.replace(EXECUTION_VARIABLE, SOME_EXECUTION);
    // Variables of CodePipeline, and what a template leaves open.
    if resolved.contains("#{") || is_open(&resolved) {
        return (Parameters::Variable(text.clone()), floor.clone());
    }
    match floor.tightened_by(&resolved, &place.stage.name) {
        Ok(rule) => (Parameters::Read, rule),
        Err(error) => (Parameters::Refused(error), floor.clone()),
    }
}
