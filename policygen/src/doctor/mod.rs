//! The checks of `policygen doctor`: what is wrong with the shape of a pipeline, and with the rule.

pub(crate) mod facts;
mod gate;
mod rules;
mod topology;

use rule::{Rule, RuleError};

pub(crate) use gate::GateFunction;
pub(crate) use rules::CATALOG;

use crate::finding::Finding;
use crate::pipeline::Pipeline;
use topology::Topology;

/// Looks at one pipeline. `floor` is the rule of the gate's own environment.
pub(crate) fn examine(pipeline: &Pipeline, function: &GateFunction, floor: &Rule) -> Vec<Finding> {
    rules::find(&Topology::new(pipeline, function, floor))
}

/// The gate's rule as it was given, or why the gate would refuse it, in its words.
pub(crate) type GivenRule = Result<Rule, RuleError>;

/// Looks at the gate's rule itself.
pub(crate) fn examine_rule(given: &GivenRule) -> Vec<Finding> {
    rules::find_in_rule(given)
}
