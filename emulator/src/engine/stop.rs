//! Stops of executions, and retries of stages that failed or were stopped.

use super::World;
use super::action_run::ActionRun;
use super::declaration::RetryMode;
use super::error::{ApiError, ErrorCode};
use super::execution::{Execution, ExecutionStatus, Stopping};
use super::lag;
use super::stage::StageStatus;

impl Execution {
    /// Stops it at once, or after the actions in progress.
    pub(super) fn stop(
        &mut self,
        abandon: bool,
        reason: Option<String>,
        world: &mut World,
    ) -> Result<(), ApiError> {
        if !self.is_active() {
            return Err(not_stoppable(&self.id, &self.declaration.structure.name));
        }
        if matches!(self.stopping, Some(Stopping::Abandons(_)))
            || (self.stopping.is_some() && !abandon)
        {
            return Err(ErrorCode::DuplicatedStopRequest.because(format!(
                "The execution with ID {} in {} is already in a stopping state. If you already chose to stop and wait, \
                 you cannot make that request again. You can choose to stop and abandon now, but be aware that this \
                 option can lead to failed actions. If you already chose to stop and abandon, you cannot make that \
                 request again.",
                self.id, self.declaration.structure.name
            )));
        }
        self.stop_reason = reason;
        if self.awaited_stage().is_some() {
            self.end(ExecutionStatus::Stopped, StageStatus::Stopped, world);
            return Ok(());
        }
        self.set_stage_status(StageStatus::Stopping);
        if abandon {
            self.stopping = Some(Stopping::Abandons(world.now + world.lag.draw(lag::ABANDON)));
        } else {
            self.stopping = Some(Stopping::Waits);
            self.set_status(ExecutionStatus::Stopping, lag::STOPPING_SHOWN, world);
        }
        Ok(())
    }

    /// Abandons the actions in progress.
    pub(super) fn abandon(&mut self, world: &mut World) {
        for run in self.runs.iter_mut().filter(|run| run.in_progress()) {
            ActionRun::abandon(run, world);
        }
        self.end(ExecutionStatus::Stopped, StageStatus::Stopped, world);
    }

    /// Repeats a stage that failed or was stopped.
    pub(super) fn retry(
        &mut self,
        stage: &str,
        mode: RetryMode,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let index = self.stages.iter().position(|progress| {
            progress.name == stage
                && matches!(progress.status, Some(StageStatus::Failed | StageStatus::Stopped))
        });
        let Some(index) = index.filter(|_| !self.is_active()) else {
            return Err(ErrorCode::StageNotRetryable.because(format!(
                "Stage '{stage}' cannot be retried in pipeline execution {}: it has not failed and was not stopped there",
                self.id
            )));
        };
        self.replace_runs(stage, mode, world);
        self.enter_stage(index, world);
        if let Some(progress) = self.stages.get_mut(index) {
            progress.retry();
        }
        self.set_status(ExecutionStatus::InProgress, lag::STATUS_SHOWN, world);
        self.stop_reason = None;
        Ok(())
    }
}

/// The error for an execution that has ended or never existed.
pub(super) fn not_stoppable(id: &str, pipeline: &str) -> ApiError {
    ErrorCode::PipelineExecutionNotStoppable.because(format!(
        "The pipeline execution with ID '{id}' in '{pipeline}' can't be stopped now. Either it does not exist in the \
         pipeline, or the pipeline execution has no action executions in progress."
    ))
}
