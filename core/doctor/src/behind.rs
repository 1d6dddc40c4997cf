//! What stands before and behind the gate of a pipeline, for those who ask what the gate guards.

use names::FunctionRef;
use rule::Rule;

use crate::pipeline::{Action, Pipeline, Stage};
use crate::place::Place;
use crate::topology::Topology;

/// The parts of a pipeline around its first gate.
#[derive(Clone, Debug)]
pub struct AroundGate<'a> {
    /// The gate's function, as the pipeline calls it.
    pub function: &'a str,
    /// The stage of the approvals that the gate asks for, if it exists.
    pub stage: Option<&'a Stage>,
    /// The approvals in that stage.
    pub approvals: Vec<&'a Action>,
    /// The actions that run before the gate, or may.
    pub before: Vec<&'a Action>,
    /// The actions that run only after the gate.
    pub behind: Vec<&'a Action>,
}

/// The parts of a pipeline around its first gate. `None` if no action runs the gate's function.
/// `floor` is the rule of the gate's own environment.
pub fn around_gate<'a>(
    pipeline: &'a Pipeline,
    function: &'a FunctionRef,
    floor: &Rule,
) -> Option<AroundGate<'a>> {
    let topology = Topology::new(pipeline, function, floor);
    let gate = topology.gates.first()?;
    let is_behind = |place: &Place<'_>| gate.place.precedes(*place);
    let (behind, before): (Vec<Place<'a>>, Vec<Place<'a>>) =
        Place::all(pipeline).partition(is_behind);
    let actions = |places: Vec<Place<'a>>| places.into_iter().map(|place| place.action).collect();
    let own = gate.place;
    Some(AroundGate {
        function: own.action.configuration.get("FunctionName")?,
        stage: gate.approval_stage().and_then(|at| pipeline.stages().get(at)),
        approvals: gate.approvals.iter().map(|place| place.action).collect(),
        before: actions(before.into_iter().filter(|place| *place != own).collect()),
        behind: actions(behind),
    })
}
