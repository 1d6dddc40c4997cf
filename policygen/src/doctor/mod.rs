//! The checks of `policygen doctor`: what is wrong with the shape of a pipeline.

mod gate;
mod rules;
mod topology;

use rule::Rule;

pub(crate) use gate::GateFunction;
pub(crate) use rules::CATALOG;

use crate::finding::Finding;
use crate::pipeline::Pipeline;
use topology::Topology;

/// Looks at one pipeline. `floor` is the rule of the gate's own environment.
pub(crate) fn examine(pipeline: &Pipeline, function: &GateFunction, floor: &Rule) -> Vec<Finding> {
    rules::find(&Topology::new(pipeline, function, floor))
}
