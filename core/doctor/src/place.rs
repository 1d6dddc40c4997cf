//! Places of actions in a pipeline.

use crate::pipeline::{Action, Pipeline, Stage};

/// An action and its stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub stage_index: usize,
    action_index: usize,
    pub stage: &'a Stage,
    pub action: &'a Action,
}

impl PartialEq for Place<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.stage_index, self.action_index) == (other.stage_index, other.action_index)
    }
}

impl<'a> Place<'a> {
    /// Every action, stage by stage.
    pub(crate) fn all(pipeline: &'a Pipeline) -> impl Iterator<Item = Self> {
        pipeline.stages().iter().enumerate().flat_map(|(stage_index, stage)| {
            let actions = stage.actions.iter().enumerate();
            actions.map(move |(action_index, action)| Self {
                stage_index,
                action_index,
                stage,
                action,
            })
        })
    }

    /// When it runs: stages run one after another, and actions with the same `runOrder` in parallel
    /// (CodePipeline User Guide, "Action declaration").
    pub(crate) fn order(self) -> (usize, u32) {
        (self.stage_index, self.action.run_order)
    }

    /// Whether it ends before the other begins.
    pub(crate) fn precedes(self, other: Self) -> bool {
        self.order() < other.order()
    }
}
