//! A pipeline and its gates: the input of the checks of pipelines.

use names::FunctionRef;
use rule::Rule;

use super::gate::{Gate, asks_gate, runs_gate};
use super::place::Place;
use super::reviews::Reviewing;
use crate::pipeline::{Pipeline, Stage};
use findings::Evidence;

/// A pipeline and its gates.
pub(crate) struct Topology<'a> {
    pub pipeline: &'a Pipeline,
    pub function: &'a FunctionRef,
    /// The gates, first to last.
    pub gates: Vec<Gate<'a>>,
    /// What the rule says about authors. `None` without `reviews`, or without a gate.
    pub reviewing: Option<Reviewing<'a>>,
}

impl<'a> Topology<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline, function: &'a FunctionRef, floor: &Rule) -> Self {
        let places = Place::all(pipeline).filter(|place| runs_gate(place.action, function));
        let mut gates: Vec<Gate<'a>> =
            places.map(|place| Gate::new(pipeline, place, floor)).collect();
        gates.sort_by_key(|gate| gate.place.order());
        let reviewing = Reviewing::new(pipeline, &gates);
        Self { pipeline, function, gates, reviewing }
    }

    /// Every action, stage by stage.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'a>> {
        Place::all(self.pipeline)
    }

    /// Every action that deploys, stage by stage.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = Place<'a>> {
        self.places().filter(|place| place.action.deploys())
    }

    /// Every stage with a condition that asks the gate, with the key of the condition and the name
    /// of its rule.
    pub(crate) fn gates_as_conditions(
        &self,
    ) -> impl Iterator<Item = (&'a Stage, &'static str, &'a str)> {
        let function = self.function;
        self.pipeline.stages().iter().flat_map(move |stage| {
            stage.conditions().flat_map(move |(when, condition)| {
                let asking = condition.rules.iter().filter(|rule| asks_gate(rule, function));
                asking.map(move |rule| (stage, when, rule.name.as_str()))
            })
        })
    }

    /// The last gate before an action.
    pub(crate) fn gate_before(&self, place: Place<'_>) -> Option<&Gate<'a>> {
        self.gates.iter().rev().find(|gate| gate.place.order() < place.order())
    }

    /// Every approval that a gate asks for, once, with the first such gate.
    pub(crate) fn approvals(&self) -> Vec<(&Gate<'a>, Place<'a>)> {
        let mut approvals: Vec<(&Gate<'a>, Place<'a>)> = Vec::new();
        for gate in &self.gates {
            for approval in &gate.approvals {
                if !approvals.iter().any(|(_, known)| known == approval) {
                    approvals.push((gate, *approval));
                }
            }
        }
        approvals
    }

    /// The approvals without `timeoutInMinutes`, which stay open for as long as CodePipeline
    /// allows.
    pub(crate) fn approvals_without_timeout(&self) -> impl Iterator<Item = (&Gate<'a>, Place<'a>)> {
        let approvals = self.approvals().into_iter();
        approvals.filter(|(_, approval)| approval.action.timeout_in_minutes.is_none())
    }

    /// The ARN of an action.
    pub(crate) fn arn(&self, place: Place<'_>) -> String {
        self.pipeline.action_arn(place.stage, place.action)
    }

    /// An action as a link of the evidence.
    pub(crate) fn evidence(&self, place: Place<'_>) -> Evidence {
        let detail =
            format!("{}, runOrder {}", place.action.kind_in_words(), place.action.run_order);
        Evidence::new("action", self.arn(place), detail)
    }
}
