//! One execution of a pipeline, as it moves from stage to stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::action_run::{ActionRun, ActionStatus};
use super::declaration::{Action, Declaration, RetryMode, Stage};
use super::error::{ApiError, ErrorCode};
use super::{Report, World};

/// One execution of a pipeline.
#[derive(Debug)]
pub struct Execution {
    /// Its place in the order of everything that ever happened.
    pub sequence: u64,
    /// `pipelineExecutionId`.
    pub id: String,
    /// The version of the pipeline that it runs, whatever becomes of the pipeline meanwhile.
    pub declaration: Arc<Declaration>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it started.
    pub started: Timestamp,
    /// When its status or stage last changed.
    updated: Timestamp,
    /// What it was started with.
    pub start: Start,
    /// Why it was stopped, when it was.
    pub stop_reason: Option<String>,
    /// Whether it was ever told to stop.
    pub stop_requested: bool,
    /// What became of each stage, in the order of the declaration.
    pub stages: Vec<StageProgress>,
    /// Every attempt of every action, oldest first. Nothing is ever taken out.
    pub runs: Vec<ActionRun>,
    position: Position,
}

/// What an execution was started with.
#[derive(Debug, Default)]
pub struct Start {
    /// The principal that started it.
    pub caller: String,
    /// Makes a repeated request find the execution that the first one started.
    pub request_token: Option<String>,
    /// Values of the pipeline's variables.
    pub variables: BTreeMap<String, String>,
    /// Revisions by the name of the source action, instead of made-up ones.
    pub revisions: BTreeMap<String, String>,
}

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "AWS documents its statuses")]
pub enum ExecutionStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
}

/// The stage, by its index, that an execution waits before or is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Before(usize),
    In(usize),
    Ended,
}

/// What became of one stage in one execution.
#[derive(Debug)]
pub struct StageProgress {
    /// The stage's name.
    pub name: String,
    /// Where it stands; nothing before the execution enters it.
    pub status: Option<StageStatus>,
    /// When the execution entered it, in the order of everything that ever happened.
    pub entered: u64,
    /// How often it was retried by itself and by hand.
    pub retries: Retries,
    retried_this_visit: bool,
}

/// How often a stage was retried.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retries {
    /// By the stage's own `onFailure`.
    pub automatic: u32,
    /// By `RetryStageExecution`.
    pub manual: u32,
    /// Whether the latest was by hand.
    pub latest_is_manual: bool,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "AWS documents its statuses")]
pub enum StageStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Failed,
}

impl Execution {
    /// An execution that waits before its first stage.
    pub(super) fn new(declaration: Arc<Declaration>, start: Start, world: &mut World) -> Self {
        let stages = declaration.structure.stages.iter().map(|stage| StageProgress {
            name: stage.name.clone(),
            status: None,
            entered: 0,
            retries: Retries::default(),
            retried_this_visit: false,
        });
        Self {
            sequence: world.next_sequence(),
            id: world.ids.uuid(),
            status: ExecutionStatus::InProgress,
            started: world.now,
            updated: world.now,
            start,
            stop_reason: None,
            stop_requested: false,
            stages: stages.collect(),
            runs: Vec::new(),
            position: Position::Before(0),
            declaration,
        }
    }

    /// Whether it is neither done nor given up.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.position != Position::Ended
    }

    /// The stage that it waits to enter.
    #[must_use]
    pub fn awaited_stage(&self) -> Option<&str> {
        match self.position {
            Position::Before(index) => self.stages.get(index).map(|stage| stage.name.as_str()),
            Position::In(_) | Position::Ended => None,
        }
    }

    /// The stage that it is in, and so locks.
    #[must_use]
    pub fn current_stage(&self) -> Option<&str> {
        match self.position {
            Position::In(index) => self.stages.get(index).map(|stage| stage.name.as_str()),
            Position::Before(_) | Position::Ended => None,
        }
    }

    /// What became of the stage of that name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&StageProgress> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// When its status, its stage or one of its actions last changed.
    #[must_use]
    pub fn last_update(&self) -> Timestamp {
        self.runs
            .iter()
            .fold(self.updated, |latest, run| latest.max(run.updated))
    }

    /// Enters the stage that it waits before.
    pub(super) fn enter(&mut self, world: &mut World) {
        if let Position::Before(index) = self.position {
            self.enter_stage(index, world);
        }
    }

    fn enter_stage(&mut self, index: usize, world: &mut World) {
        self.position = Position::In(index);
        if let Some(stage) = self.stages.get_mut(index) {
            stage.status = Some(StageStatus::InProgress);
            stage.entered = world.next_sequence();
            stage.retried_this_visit = false;
        }
    }

    /// Does all that can be done in the stage it is in. True when it has left that stage.
    pub(super) fn run_stage(&mut self, world: &mut World) -> bool {
        let Position::In(index) = self.position else {
            return false;
        };
        let declaration = Arc::clone(&self.declaration);
        let Some(stage) = declaration.structure.stages.get(index) else {
            return false;
        };
        while let Some(group) = self.next_actions(stage) {
            for action in group {
                self.start_action(stage, action, world);
            }
        }
        let runs = || self.runs.iter().filter(|run| run.counts && run.stage == stage.name);
        if runs().any(ActionRun::in_progress) {
            return false;
        }
        let failed = runs().any(|run| run.status != ActionStatus::Succeeded);
        if self.status == ExecutionStatus::Stopping {
            self.end(ExecutionStatus::Stopped, StageStatus::Stopped, world.now);
        } else if !failed {
            self.leave_stage(index, world.now);
        } else if let Some(mode) = self.take_automatic_retry(stage) {
            self.replace_runs(&stage.name, mode);
            return self.run_stage(world);
        } else {
            self.end(ExecutionStatus::Failed, StageStatus::Failed, world.now);
        }
        true
    }

    /// The actions to start next: those of the lowest run order that has not run, when all before it succeeded.
    fn next_actions<'a>(&self, stage: &'a Stage) -> Option<Vec<&'a Action>> {
        let run_of = |action: &Action| {
            let mut runs = self.runs.iter().filter(|run| run.counts && run.stage == stage.name);
            runs.find(|run| run.action.name == action.name)
        };
        let waiting = || stage.actions.iter().filter(|action| run_of(action).is_none());
        let order = waiting().map(|action| action.run_order).min()?;
        let earlier = stage.actions.iter().filter(|action| action.run_order < order);
        let ready = earlier
            .filter_map(run_of)
            .all(|run| run.status == ActionStatus::Succeeded);
        let go = ready && self.status == ExecutionStatus::InProgress;
        go.then(|| waiting().filter(|action| action.run_order == order).collect())
    }

    fn leave_stage(&mut self, index: usize, now: Timestamp) {
        let next = index.saturating_add(1);
        if next == self.stages.len() {
            self.end(ExecutionStatus::Succeeded, StageStatus::Succeeded, now);
        } else {
            self.set_stage_status(StageStatus::Succeeded);
            self.position = Position::Before(next);
            self.updated = now;
        }
    }

    fn end(&mut self, status: ExecutionStatus, stage: StageStatus, now: Timestamp) {
        self.set_stage_status(stage);
        self.status = status;
        self.position = Position::Ended;
        self.updated = now;
    }

    fn set_stage_status(&mut self, status: StageStatus) {
        if let Position::In(index) = self.position
            && let Some(stage) = self.stages.get_mut(index)
        {
            stage.status = Some(status);
        }
    }

    fn take_automatic_retry(&mut self, stage: &Stage) -> Option<RetryMode> {
        let mode = stage.automatic_retry()?;
        let progress = self.stages.iter_mut().find(|progress| progress.name == stage.name)?;
        if std::mem::replace(&mut progress.retried_this_visit, true) {
            return None;
        }
        progress.retries.automatic = progress.retries.automatic.saturating_add(1);
        progress.retries.latest_is_manual = false;
        Some(mode)
    }

    fn replace_runs(&mut self, stage: &str, mode: RetryMode) {
        for run in self.runs.iter_mut().filter(|run| run.stage == stage) {
            run.counts &= mode == RetryMode::FailedActions && run.status == ActionStatus::Succeeded;
        }
    }

    /// Runs a stage again in which it failed or was stopped.
    pub(super) fn retry(&mut self, stage: &str, mode: RetryMode, world: &mut World) -> Result<(), ApiError> {
        let index = self.stages.iter().position(|progress| {
            progress.name == stage && matches!(progress.status, Some(StageStatus::Failed | StageStatus::Stopped))
        });
        let Some(index) = index.filter(|_| !self.is_active()) else {
            return Err(ErrorCode::StageNotRetryable.because(format!(
                "Stage '{stage}' cannot be retried in pipeline execution {}: it has not failed and was not stopped there",
                self.id
            )));
        };
        self.replace_runs(stage, mode);
        self.enter_stage(index, world);
        if let Some(progress) = self.stages.get_mut(index) {
            progress.retries.manual = progress.retries.manual.saturating_add(1);
            progress.retries.latest_is_manual = true;
        }
        self.status = ExecutionStatus::InProgress;
        self.stop_requested = false;
        self.stop_reason = None;
        self.updated = world.now;
        Ok(())
    }

    /// Stops it, at once or when what is in progress has ended.
    pub(super) fn stop(&mut self, abandon: bool, reason: Option<String>, now: Timestamp) -> Result<(), ApiError> {
        if !self.is_active() {
            return Err(ErrorCode::PipelineExecutionNotStoppable.because(format!(
                "Pipeline execution {} is {:?}: only one in progress can be stopped",
                self.id, self.status
            )));
        }
        if self.stop_requested && !abandon {
            return Err(
                ErrorCode::DuplicatedStopRequest.because(format!("Pipeline execution {} is already stopping", self.id))
            );
        }
        self.stop_requested = true;
        self.stop_reason = reason;
        self.status = ExecutionStatus::Stopping;
        self.set_stage_status(StageStatus::Stopping);
        self.updated = now;
        if abandon {
            for run in self.runs.iter_mut().filter(|run| run.in_progress()) {
                run.finish(ActionStatus::Abandoned, now);
            }
        }
        if self.awaited_stage().is_some() {
            self.end(ExecutionStatus::Stopped, StageStatus::Stopped, now);
        }
        Ok(())
    }

    /// Gives way to a newer execution that waits before the same stage.
    pub(super) fn supersede(&mut self, now: Timestamp) {
        self.end(ExecutionStatus::Superseded, StageStatus::Stopped, now);
    }

    /// Fails the actions whose time is up.
    pub(super) fn expire(&mut self, now: Timestamp) {
        for run in &mut self.runs {
            run.expire(now);
        }
    }

    /// The attempt whose job ever had that id.
    #[must_use]
    pub fn run_of_job(&self, job_id: &str) -> Option<&ActionRun> {
        self.runs
            .iter()
            .find(|run| run.job().is_some_and(|job| job.had_id(job_id)))
    }

    /// Takes what a job's function reports, and invokes the function again when it asks for that.
    pub(super) fn take_report(&mut self, job_id: &str, report: Report, world: &mut World) -> Result<(), ApiError> {
        let mut runs = self.runs.iter_mut();
        if let Some(run) = runs.find(|run| run.job().is_some_and(|job| job.had_id(job_id))) {
            run.take_report(job_id, report, world)?;
        }
        if let Some(run) = self.run_of_job(job_id).filter(|run| run.in_progress())
            && let Some(job) = run.job()
        {
            world.invoke(job, run, self);
        }
        Ok(())
    }
}
