//! Rollbacks: a new execution of one stage, with the artifacts that an earlier execution brought
//! there.

use super::World;
use super::error::{ApiError, ErrorCode};
use super::execution::{Execution, Position};
use super::pipeline::Pipeline;
use super::stage::StageStatus;
use super::start::{Start, Trigger};

impl Pipeline {
    /// Starts a rollback and returns its id.
    pub(super) fn roll_back(
        &mut self,
        stage: &str,
        target: &str,
        caller: String,
        world: &mut World,
    ) -> Result<String, ApiError> {
        let name = &self.current.structure.name;
        let unable = |why: String| ErrorCode::UnableToRollbackStage.because(why);
        let stages = &self.current.structure.stages;
        let Some(index) = stages.iter().position(|declared| declared.name == stage) else {
            return Err(ErrorCode::StageNotFound
                .because(format!("Pipeline '{name}' has no stage '{stage}'")));
        };
        let goal = self.execution(target)?;
        if goal.declaration.version != self.current.version {
            return Err(ErrorCode::PipelineExecutionOutdated.because(format!(
                "Pipeline '{name}' has been updated since the rollback request was made."
            )));
        }
        if index == 0 {
            return Err(unable(format!(
                "Stage '{stage}' has the sources, and cannot be rolled back"
            )));
        }
        let completed =
            goal.stage(stage).and_then(|progress| progress.status) == Some(StageStatus::Succeeded);
        if !completed {
            return Err(unable(format!(
                "Target Pipeline Execution with id '{target}' has not completed in stage with name '{stage}'"
            )));
        }
        let mut executions = self.executions.iter();
        if executions.any(|execution| execution.current_stage() == Some(stage)) {
            return Err(unable(format!(
                "Pipeline '{name}' cannot start rollback since stage {stage} is in progress."
            )));
        }
        let execution = Execution::rollback(goal, index, caller, world);
        let id = execution.id.clone();
        self.executions.push(execution);
        self.advance(world);
        Ok(id)
    }
}

impl Execution {
    fn rollback(goal: &Self, stage: usize, caller: String, world: &mut World) -> Self {
        let start = Start {
            trigger: Trigger::ManualRollback,
            caller,
            request_token: None,
            ..goal.start.clone()
        };
        let mut execution = Self::new(goal.declaration.clone(), start, world);
        execution.rollback_of = Some(goal.id.clone());
        execution.sources.clone_from(&goal.sources);
        execution.artifacts.clone_from(&goal.artifacts);
        execution.outputs.clone_from(&goal.outputs);
        execution.position = Position::Before(stage);
        execution.enter(world);
        execution
    }
}
