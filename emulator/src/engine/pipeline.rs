//! Pipelines: their versions, their executions, and the order in which executions enter stages.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::action_run::ActionRun;
use super::declaration::{Declaration, ExecutionMode, RetryMode};
use super::error::{ApiError, ErrorCode};
use super::execution::{Execution, ExecutionStatus};
use super::start::Start;
use super::stop::not_stoppable;
use super::{World, source};

/// The most concurrent executions of one pipeline, for both `QUEUED` and `PARALLEL`.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const CONCURRENT_EXECUTIONS: usize = 50;

/// One pipeline.
#[derive(Debug)]
pub struct Pipeline {
    /// Its place in the order of all events.
    pub sequence: u64,
    /// The version that new executions run.
    pub current: Arc<Declaration>,
    /// Every version, oldest first.
    pub versions: Vec<Arc<Declaration>>,
    /// Every execution, oldest first.
    pub executions: Vec<Execution>,
}

impl Pipeline {
    pub(super) fn new(declaration: Declaration, world: &mut World) -> Self {
        let current = Arc::new(declaration);
        Self {
            sequence: world.next_sequence(),
            versions: vec![Arc::clone(&current)],
            current,
            executions: Vec::new(),
        }
    }

    /// When it was created.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.versions.first().unwrap_or(&self.current).given
    }

    pub(super) fn update(&mut self, declaration: Declaration) {
        self.current = Arc::new(declaration);
        self.versions.push(Arc::clone(&self.current));
        self.cancel_approvals();
    }

    /// An execution by its id.
    ///
    /// # Errors
    /// If this pipeline has no such execution.
    pub fn execution(&self, id: &str) -> Result<&Execution, ApiError> {
        let found = self.executions.iter().find(|execution| execution.id == id);
        found.ok_or_else(|| self.no_execution(ErrorCode::PipelineExecutionNotFound, id))
    }

    pub(super) fn no_execution(&self, code: ErrorCode, id: &str) -> ApiError {
        let name = &self.current.structure.name;
        code.because(format!(
            "Pipeline Execution with id '{id}' does not exist in pipeline with name '{name}'"
        ))
    }

    fn execution_mut(&mut self, id: &str, missing: ErrorCode) -> Result<&mut Execution, ApiError> {
        let error = self.no_execution(missing, id);
        self.executions.iter_mut().find(|execution| execution.id == id).ok_or(error)
    }

    fn mode(&self) -> ExecutionMode {
        self.current.structure.execution_mode
    }

    /// Starts an execution and returns its id.
    pub(super) fn start(&mut self, start: Start, world: &mut World) -> Result<String, ApiError> {
        let declared = &self.current.structure.variables;
        if let Some(unknown) =
            start.variables.keys().find(|name| declared.iter().all(|it| it.name != **name))
        {
            return Err(ErrorCode::Validation
                .because(format!("The pipeline declares no variable '{unknown}'")));
        }
        source::check(&start.revisions, &self.current)?;
        let repeated = self.executions.iter().find(|execution| {
            start.request_token.is_some() && execution.start.request_token == start.request_token
        });
        if let Some(execution) = repeated {
            return Ok(execution.id.clone());
        }
        self.check_concurrency()?;
        let execution = Execution::new(Arc::clone(&self.current), start, world);
        let id = execution.id.clone();
        self.executions.push(execution);
        self.advance(world);
        Ok(id)
    }

    fn check_concurrency(&self) -> Result<(), ApiError> {
        let active = self.executions.iter().filter(|execution| execution.is_active()).count();
        match self.mode() {
            ExecutionMode::Queued | ExecutionMode::Parallel if active >= CONCURRENT_EXECUTIONS => {
                Err(ErrorCode::ConcurrentPipelineExecutionsLimitExceeded.because(format!(
                    "The pipeline already has {active} executions in progress, and {CONCURRENT_EXECUTIONS} is the most"
                )))
            }
            ExecutionMode::Superseded | ExecutionMode::Queued | ExecutionMode::Parallel => Ok(()),
        }
    }

    pub(super) fn stop(
        &mut self,
        id: &str,
        abandon: bool,
        reason: Option<String>,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let pipeline = &self.current.structure.name;
        let mut executions = self.executions.iter_mut();
        let execution = executions.find(|execution| execution.id == id);
        let execution = execution.ok_or_else(|| not_stoppable(id, pipeline))?;
        execution.stop(abandon, reason, world)?;
        self.advance(world);
        Ok(())
    }

    pub(super) fn retry(
        &mut self,
        id: &str,
        stage: &str,
        mode: RetryMode,
        world: &mut World,
    ) -> Result<(), ApiError> {
        if self.current.stage(stage).is_none() {
            return Err(ErrorCode::StageNotFound.because(format!(
                "Pipeline '{}' has no stage '{stage}'",
                self.current.structure.name
            )));
        }
        self.check_retry(id, stage)?;
        self.execution_mut(id, ErrorCode::StageNotRetryable)?.retry(stage, mode, world)?;
        self.advance(world);
        Ok(())
    }

    fn check_retry(&self, id: &str, stage: &str) -> Result<(), ApiError> {
        let execution = self
            .execution(id)
            .map_err(|error| ErrorCode::StageNotRetryable.because(error.message))?;
        if execution.declaration.version != self.current.version {
            return Err(ErrorCode::StageNotRetryable.because(format!(
                "Stage '{stage}' cannot be retried: pipeline execution {id} ran version {} of the pipeline, which is \
                 now at version {}",
                execution.declaration.version, self.current.version
            )));
        }
        let entered = execution.stage(stage).map_or(0, |progress| progress.entered);
        let newer = self.executions.iter().find(|other| {
            other.stage(stage).is_some_and(|progress| progress.entered > entered)
                && other.id != execution.id
        });
        if let Some(newer) = newer.filter(|_| self.mode() != ExecutionMode::Parallel && entered > 0)
        {
            return Err(ErrorCode::NotLatestPipelineExecution.because(format!(
                "Pipeline execution {id} is not the latest in stage '{stage}': pipeline execution {} has run there since",
                newer.id
            )));
        }
        self.check_concurrency()
    }

    /// The next time at which something happens in it by itself.
    pub(super) fn next_event(&self) -> Option<Timestamp> {
        self.executions.iter().filter_map(Execution::next_event).min()
    }

    /// Does everything that is possible without waiting.
    pub(super) fn advance(&mut self, world: &mut World) {
        loop {
            let mut done = false;
            for execution in &mut self.executions {
                done |= execution.pass(world) | execution.run_stage(world);
            }
            if !self.admit(world) && !done {
                break;
            }
        }
    }

    /// Lets executions into the stages that they wait for. Returns whether one has entered.
    fn admit(&mut self, world: &mut World) -> bool {
        let waiting: Vec<(u64, String)> = self
            .executions
            .iter()
            .filter_map(|execution| {
                Some((execution.sequence, execution.awaited_stage()?.to_owned()))
            })
            .collect();
        let mut admitted = false;
        for (sequence, stage) in waiting {
            let mut others = self.executions.iter();
            let locked = others.any(|other| other.current_stage() == Some(stage.as_str()));
            if locked && self.mode() != ExecutionMode::Parallel {
                continue;
            }
            if let Some(execution) = self.executions.iter_mut().find(|it| it.sequence == sequence) {
                execution.enter(world);
                admitted = true;
            }
        }
        if self.mode() == ExecutionMode::Superseded {
            self.supersede(world);
        }
        admitted
    }

    /// Keeps only the newest of the executions that wait for a stage.
    fn supersede(&mut self, world: &mut World) {
        let mut stages = BTreeSet::new();
        for execution in self.executions.iter_mut().rev() {
            let Some(stage) = execution.awaited_stage() else {
                continue;
            };
            if !stages.insert(stage.to_owned()) {
                execution.supersede(world);
            }
        }
    }

    /// The execution that was last in a stage, among those that can be found already.
    #[must_use]
    pub fn latest_in_stage(&self, stage: &str, now: Timestamp) -> Option<&Execution> {
        let entered =
            |execution: &Execution| execution.stage(stage).map_or(0, |progress| progress.entered);
        let shown = self.executions.iter().filter(|execution| execution.is_shown(now));
        let latest = shown.max_by_key(|execution| entered(execution));
        latest.filter(|execution| entered(execution) > 0)
    }

    /// The attempt of an action that the state shows: the newest in the last execution of its
    /// stage.
    #[must_use]
    pub fn shown_run(
        &self,
        stage: &str,
        action: &str,
        now: Timestamp,
    ) -> Option<(&Execution, &ActionRun)> {
        let execution = self.latest_in_stage(stage, now)?;
        let mut runs = execution.runs.iter().rev();
        let run = runs
            .find(|run| run.stage == stage && run.action.name == action && run.is_in_state(now))?;
        Some((execution, run))
    }

    /// The executions that wait for a stage, oldest first, among those that can be found already.
    pub fn inbound(&self, stage: &str, now: Timestamp) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(move |execution| {
            execution.awaited_stage() == Some(stage)
                && execution.status == ExecutionStatus::InProgress
                && execution.is_shown(now)
        })
    }
}
