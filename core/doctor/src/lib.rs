//! The checks of `policygen doctor`: what is wrong with the shape of a pipeline, and with the rule.

mod checks;
mod gate;
pub mod pipeline;
mod topology;

use rule::{Rule, RuleError};

pub use checks::CATALOG;
pub use gate::GateFunction;

use crate::pipeline::Pipeline;
use findings::Finding;
use topology::Topology;

/// Looks at one pipeline. `floor` is the rule of the gate's own environment.
pub fn examine(pipeline: &Pipeline, function: &GateFunction, floor: &Rule) -> Vec<Finding> {
    checks::find(&Topology::new(pipeline, function, floor))
}

/// The gate's rule as it was given, or why the gate would refuse it, in its words.
pub type GivenRule = Result<Rule, RuleError>;

/// Looks at the gate's rule itself.
pub fn examine_rule(given: &GivenRule) -> Vec<Finding> {
    checks::find_in_rule(given)
}
