//! Executions, and their way through the stages.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::World;
use super::action_run::{ActionRun, ActionStatus};
use super::artifact::Artifact;
use super::declaration::{Action, Declaration, RetryMode, Stage};
use super::error::ApiError;
use super::lag::{self, Span};
use super::report::Report;
use super::stage::{StageProgress, StageStatus};
use super::start::{SourceRevision, Start, Trigger};

/// One execution of a pipeline.
#[derive(Debug)]
pub struct Execution {
    /// Its place in the order of all events.
    pub sequence: u64,
    /// `pipelineExecutionId`.
    pub id: String,
    /// The version of the pipeline that it runs, even if the pipeline changes meanwhile.
    pub declaration: Arc<Declaration>,
    /// Its status.
    pub status: ExecutionStatus,
    /// When it started.
    pub started: Timestamp,
    /// The time of its last end, or else of its start.
    updated: Timestamp,
    /// The details of its start.
    pub start: Start,
    /// The reason for which it was stopped.
    pub stop_reason: Option<String>,
    /// The target execution of a rollback.
    pub rollback_of: Option<String>,
    /// The progress of each stage, in the order of the declaration.
    pub stages: Vec<StageProgress>,
    /// Every attempt of every action, oldest first. No attempt is ever removed.
    pub runs: Vec<ActionRun>,
    /// The revisions from its own sources, and from those of a rollback's target.
    pub sources: Vec<SourceRevision>,
    /// The newest artifacts, by name.
    pub(super) artifacts: BTreeMap<String, Artifact>,
    /// The output variables of actions, by namespace.
    pub(super) outputs: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) position: Position,
    pub(super) stopping: Option<Stopping>,
    /// It can be found from then on.
    shown_from: Timestamp,
    shown: Earlier,
}

/// The status that is still shown for a while after a change.
#[derive(Debug, Clone, Copy)]
struct Earlier {
    status: ExecutionStatus,
    updated: Timestamp,
    until: Timestamp,
}

/// The status of an execution.
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

/// The position of an execution. Stages are given by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Before(usize),
    In(usize),
    Ended,
}

/// The way in which an execution is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopping {
    /// When the actions in progress have ended.
    Waits,
    /// At this time, even if actions are in progress.
    Abandons(Timestamp),
}

impl Execution {
    /// An execution that waits before its first stage.
    pub(super) fn new(declaration: Arc<Declaration>, start: Start, world: &mut World) -> Self {
        let stages = declaration.structure.stages.iter();
        let started = match start.trigger {
            Trigger::CreatePipeline => world.now + world.lag.draw(lag::CREATED),
            Trigger::StartPipelineExecution
            | Trigger::CloudWatchEvent
            | Trigger::ManualRollback => world.now,
        };
        let status = ExecutionStatus::InProgress;
        Self {
            sequence: world.next_sequence(),
            id: world.ids.uuid(),
            status,
            started,
            updated: started,
            start,
            stop_reason: None,
            rollback_of: None,
            stages: stages.map(|stage| StageProgress::new(&stage.name)).collect(),
            runs: Vec::new(),
            sources: Vec::new(),
            artifacts: BTreeMap::new(),
            outputs: BTreeMap::new(),
            position: Position::Before(0),
            stopping: None,
            shown_from: started + world.lag.draw(lag::EXECUTION_SHOWN),
            shown: Earlier { status, updated: started, until: started },
            declaration,
        }
    }

    /// Whether it has neither ended nor been abandoned.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.position != Position::Ended
    }

    /// Whether it can be found already. For a second or two after its start AWS says that there is
    /// no such execution.
    #[must_use]
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.shown_from <= now
    }

    /// Its status, and the time of its last end or else of its start, as GetPipelineExecution and
    /// ListPipelineExecutions show them: a second or two late.
    #[must_use]
    pub fn shown(&self, now: Timestamp) -> (ExecutionStatus, Timestamp) {
        if now < self.shown.until {
            (self.shown.status, self.shown.updated)
        } else {
            (self.status, self.updated)
        }
    }

    pub(super) fn set_status(&mut self, status: ExecutionStatus, late: Span, world: &mut World) {
        if self.shown.until <= world.now {
            self.shown = Earlier {
                status: self.status,
                updated: self.updated,
                until: world.now + world.lag.draw(late),
            };
        }
        self.status = status;
    }

    /// The stage that it waits for.
    #[must_use]
    pub fn awaited_stage(&self) -> Option<&str> {
        match self.position {
            Position::Before(index) => self.stages.get(index).map(|stage| stage.name.as_str()),
            Position::In(_) | Position::Ended => None,
        }
    }

    /// The stage that it is in, which it locks.
    #[must_use]
    pub fn current_stage(&self) -> Option<&str> {
        match self.position {
            Position::In(index) => self.stages.get(index).map(|stage| stage.name.as_str()),
            Position::Before(_) | Position::Ended => None,
        }
    }

    /// The progress of a stage, by name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&StageProgress> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Enters the stage that it waits for.
    pub(super) fn enter(&mut self, world: &mut World) {
        if let Position::Before(index) = self.position {
            self.enter_stage(index, world);
        }
    }

    pub(super) fn enter_stage(&mut self, index: usize, world: &mut World) {
        self.position = Position::In(index);
        if let Some(stage) = self.stages.get_mut(index) {
            stage.enter(world.next_sequence());
        }
    }

    /// The next time at which something happens to it by itself.
    pub(super) fn next_event(&self) -> Option<Timestamp> {
        let abandoned = match self.stopping {
            Some(Stopping::Abandons(then)) => Some(then),
            Some(Stopping::Waits) | None => None,
        };
        let runs = self.runs.iter().filter_map(ActionRun::next_event);
        runs.chain(abandoned).min()
    }

    /// Does everything that is due. Returns whether there was anything.
    pub(super) fn pass(&mut self, world: &mut World) -> bool {
        let mut passed = false;
        if matches!(self.stopping, Some(Stopping::Abandons(then)) if then <= world.now) {
            self.abandon(world);
            passed = true;
        }
        for place in 0..self.runs.len() {
            passed |= self.pass_run(place, world).unwrap_or_default();
        }
        passed
    }

    fn pass_run(&mut self, place: usize, world: &mut World) -> Option<bool> {
        let run = self.runs.get_mut(place)?;
        let mut passed = run.pass(world);
        if passed && run.noticed == ActionStatus::Succeeded {
            self.hand_on(place);
        }
        let run = self.runs.get_mut(place)?;
        if let Some(effect) = run.invoke(world) {
            world.effects.push(effect);
            passed = true;
        }
        Some(passed)
    }

    /// Does everything that is possible in its stage. Returns whether there was anything.
    pub(super) fn run_stage(&mut self, world: &mut World) -> bool {
        let Position::In(index) = self.position else {
            return false;
        };
        let declaration = Arc::clone(&self.declaration);
        let Some(stage) = declaration.structure.stages.get(index) else {
            return false;
        };
        if let Some(group) = self.next_actions(stage) {
            let mut started = world.now.max(self.started) + world.lag.draw(lag::NEXT_ACTION);
            for action in group {
                self.start_action(stage, action, started, world);
                started += world.lag.draw(lag::NEXT_PARALLEL);
            }
            return true;
        }
        let runs = || self.runs.iter().filter(|run| run.counts() && run.stage == stage.name);
        if runs().any(ActionRun::in_progress) {
            return false;
        }
        let failed = runs().any(|run| run.noticed != ActionStatus::Succeeded);
        if self.stopping.is_some() {
            self.end(ExecutionStatus::Stopped, StageStatus::Stopped, world);
        } else if !failed {
            self.leave_stage(index, world);
        } else if let Some(mode) = self.take_automatic_retry(stage) {
            self.replace_runs(&stage.name, mode, world);
        } else {
            self.end(ExecutionStatus::Failed, StageStatus::Failed, world);
        }
        true
    }

    /// The actions to start next: those with the lowest run order that has not run, if all before
    /// them succeeded.
    fn next_actions<'a>(&self, stage: &'a Stage) -> Option<Vec<&'a Action>> {
        let run_of = |action: &Action| {
            let mut runs = self.runs.iter().filter(|run| run.counts() && run.stage == stage.name);
            runs.find(|run| run.action.name == action.name)
        };
        let waiting = || stage.actions.iter().filter(|action| run_of(action).is_none());
        let order = waiting().map(|action| action.run_order).min()?;
        let earlier = stage.actions.iter().filter(|action| action.run_order < order);
        let ready = earlier.filter_map(run_of).all(|run| run.noticed == ActionStatus::Succeeded);
        let go = ready && self.stopping.is_none();
        go.then(|| waiting().filter(|action| action.run_order == order).collect())
    }

    fn leave_stage(&mut self, index: usize, world: &mut World) {
        let next = index.saturating_add(1);
        if next == self.stages.len() || self.rollback_of.is_some() {
            self.end(ExecutionStatus::Succeeded, StageStatus::Succeeded, world);
        } else {
            self.set_stage_status(StageStatus::Succeeded);
            self.position = Position::Before(next);
        }
    }

    pub(super) fn end(&mut self, status: ExecutionStatus, stage: StageStatus, world: &mut World) {
        self.set_stage_status(stage);
        self.set_status(status, lag::STATUS_SHOWN, world);
        self.position = Position::Ended;
        self.stopping = None;
        self.updated = world.now.max(self.started) + world.lag.draw(lag::ENDED);
    }

    pub(super) fn set_stage_status(&mut self, status: StageStatus) {
        if let Position::In(index) = self.position
            && let Some(stage) = self.stages.get_mut(index)
        {
            stage.status = Some(status);
        }
    }

    fn take_automatic_retry(&mut self, stage: &Stage) -> Option<RetryMode> {
        let mode = stage.automatic_retry()?;
        let progress = self.stages.iter_mut().find(|progress| progress.name == stage.name)?;
        progress.take_automatic_retry().then_some(mode)
    }

    pub(super) fn replace_runs(&mut self, stage: &str, mode: RetryMode, world: &World) {
        let counting = self.runs.iter_mut().filter(|run| run.counts() && run.stage == stage);
        for run in counting
            .filter(|run| mode == RetryMode::AllActions || run.noticed != ActionStatus::Succeeded)
        {
            run.replaced = Some(world.now);
        }
    }

    /// Yields to a newer execution that waits for the same stage.
    pub(super) fn supersede(&mut self, world: &mut World) {
        self.end(ExecutionStatus::Superseded, StageStatus::Stopped, world);
    }

    /// The attempt whose job has, or once had, an id.
    #[must_use]
    pub fn run_of_job(&self, job_id: &str) -> Option<&ActionRun> {
        self.runs.iter().find(|run| run.job().is_some_and(|job| job.had_id(job_id)))
    }

    /// Accepts the report of a job's function.
    pub(super) fn take_report(
        &mut self,
        job_id: &str,
        report: Report,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let mut runs = self.runs.iter_mut();
        match runs.find(|run| run.job().is_some_and(|job| job.had_id(job_id))) {
            Some(run) => run.take_report(job_id, report, world),
            None => Ok(()),
        }
    }
}
