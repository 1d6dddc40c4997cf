//! Places of actions in a pipeline.

use crate::pipeline::{Action, Pipeline, Stage};

/// An action, with its place in the pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub stage_index: usize,
    pub stage: &'a Stage,
    pub action: &'a Action,
}

impl<'a> Place<'a> {
    /// All actions, stage by stage.
    pub(crate) fn all(pipeline: &'a Pipeline) -> impl Iterator<Item = Self> {
        pipeline.stages().iter().enumerate().flat_map(|(stage_index, stage)| {
            stage.actions.iter().map(move |action| Self { stage_index, stage, action })
        })
    }

    /// Stages run one after another, and actions with the same `runOrder` in parallel
    /// (CodePipeline User Guide, "Action declaration").
    pub(crate) fn order(self) -> (usize, u32) {
        (self.stage_index, self.action.run_order)
    }

    /// Whether it has ended before the other one starts.
    pub(crate) fn precedes(self, other: Self) -> bool {
        self.order() < other.order()
    }
}
