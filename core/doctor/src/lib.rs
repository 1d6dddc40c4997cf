//! The checks of `policygen doctor`: what is wrong with the structure of a pipeline, and with the
//! gate's rule.

mod checks;
mod gate;
pub mod pipeline;
mod place;
mod topology;

use findings::Finding;
use names::FunctionRef;
use rule::{Rule, RuleError};

use self::pipeline::Pipeline;
use self::topology::Topology;

pub use checks::CATALOG;

/// Examines one pipeline. `floor` is the rule of the gate's own environment.
pub fn examine(pipeline: &Pipeline, function: &FunctionRef, floor: &Rule) -> Vec<Finding> {
    checks::find(&Topology::new(pipeline, function, floor))
}

/// The gate's rule, or the reason why the gate would refuse it.
pub type GivenRule = Result<Rule, RuleError>;

/// Examines the gate's rule itself.
pub fn examine_rule(given: &GivenRule) -> Vec<Finding> {
    checks::find_in_rule(given)
}
