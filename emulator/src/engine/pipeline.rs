//! One pipeline: its versions, its executions, and who may enter which stage.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::World;
use super::action_run::{ActionRun, ActionStatus};
use super::declaration::{Declaration, ExecutionMode, RetryMode};
use super::error::{ApiError, ErrorCode};
use super::execution::{Execution, ExecutionStatus, Start};

/// Concurrent executions of one pipeline, for `QUEUED` and `PARALLEL` alike.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const CONCURRENT_EXECUTIONS: usize = 50;

/// One pipeline.
#[derive(Debug)]
pub struct Pipeline {
    /// Its place in the order of everything that ever happened.
    pub sequence: u64,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Timestamp,
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
            created: world.now,
            updated: world.now,
            versions: vec![Arc::clone(&current)],
            current,
            executions: Vec::new(),
        }
    }

    pub(super) fn update(&mut self, declaration: Declaration, now: Timestamp) {
        self.current = Arc::new(declaration);
        self.versions.push(Arc::clone(&self.current));
        self.updated = now;
    }

    /// The execution of that id.
    ///
    /// # Errors
    /// When this pipeline has no such execution.
    pub fn execution(&self, id: &str) -> Result<&Execution, ApiError> {
        let found = self.executions.iter().find(|execution| execution.id == id);
        found.ok_or_else(|| self.no_execution(ErrorCode::PipelineExecutionNotFound, id))
    }

    fn no_execution(&self, code: ErrorCode, id: &str) -> ApiError {
        code.because(format!(
            "Pipeline '{}' has no pipeline execution with the id {id}",
            self.current.structure.name
        ))
    }

    fn execution_mut(&mut self, id: &str, missing: ErrorCode) -> Result<&mut Execution, ApiError> {
        let error = self.no_execution(missing, id);
        self.executions
            .iter_mut()
            .find(|execution| execution.id == id)
            .ok_or(error)
    }

    fn mode(&self) -> ExecutionMode {
        self.current.structure.execution_mode
    }

    /// Starts an execution and returns its id.
    pub(super) fn start(&mut self, start: Start, world: &mut World) -> Result<String, ApiError> {
        let declared = &self.current.structure.variables;
        if let Some(unknown) = start
            .variables
            .keys()
            .find(|name| declared.iter().all(|it| it.name != **name))
        {
            return Err(ErrorCode::Validation.because(format!("The pipeline declares no variable '{unknown}'")));
        }
        let repeated = self
            .executions
            .iter()
            .find(|execution| start.request_token.is_some() && execution.start.request_token == start.request_token);
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
        let execution = self.execution_mut(id, ErrorCode::PipelineExecutionNotStoppable)?;
        execution.stop(abandon, reason, world.now)?;
        self.advance(world);
        Ok(())
    }

    pub(super) fn retry(&mut self, id: &str, stage: &str, mode: RetryMode, world: &mut World) -> Result<(), ApiError> {
        if self.current.stage(stage).is_none() {
            return Err(ErrorCode::StageNotFound.because(format!(
                "Pipeline '{}' has no stage '{stage}'",
                self.current.structure.name
            )));
        }
        self.check_retry(id, stage)?;
        self.execution_mut(id, ErrorCode::StageNotRetryable)?
            .retry(stage, mode, world)?;
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
            other.stage(stage).is_some_and(|progress| progress.entered > entered) && other.id != execution.id
        });
        if let Some(newer) = newer.filter(|_| self.mode() != ExecutionMode::Parallel && entered > 0) {
            return Err(ErrorCode::NotLatestPipelineExecution.because(format!(
                "Pipeline execution {id} is not the latest in stage '{stage}': pipeline execution {} has run there since",
                newer.id
            )));
        }
        self.check_concurrency()
    }

    pub(super) fn answer_approval(&mut self, answer: Answer, world: &mut World) -> Result<(), ApiError> {
        let current = Arc::clone(&self.current);
        let run = self.runs_mut().find(|run| {
            run.token() == Some(&answer.token) && run.stage == answer.stage && run.action.name == answer.action
        });
        let Some(run) = run else {
            let missing = match current.stage(&answer.stage) {
                None => ErrorCode::StageNotFound.because(format!("The pipeline has no stage '{}'", answer.stage)),
                Some(stage) if stage.action(&answer.action).is_none() => ErrorCode::ActionNotFound
                    .because(format!("Stage '{}' has no action '{}'", answer.stage, answer.action)),
                Some(_) => ErrorCode::InvalidApprovalToken.because(format!(
                    "The token is not that of an approval of action '{}' in stage '{}'",
                    answer.action, answer.stage
                )),
            };
            return Err(missing);
        };
        if !run.in_progress() {
            return Err(ErrorCode::ApprovalAlreadyCompleted.because(format!(
                "The approval of action '{}' has already been completed",
                answer.action
            )));
        }
        run.updated_by = Some(answer.caller);
        run.summary = Some(answer.summary).filter(|summary| !summary.is_empty());
        let status = if answer.approved {
            ActionStatus::Succeeded
        } else {
            ActionStatus::Failed
        };
        run.finish(status, world.now);
        self.advance(world);
        Ok(())
    }

    fn runs_mut(&mut self) -> impl Iterator<Item = &mut ActionRun> {
        self.executions.iter_mut().flat_map(|execution| &mut execution.runs)
    }

    /// Fails what has timed out.
    pub(super) fn tick(&mut self, world: &mut World) {
        for execution in &mut self.executions {
            execution.expire(world.now);
        }
        self.advance(world);
    }

    /// Does all that can be done without waiting for anybody.
    pub(super) fn advance(&mut self, world: &mut World) {
        loop {
            let mut left = false;
            for execution in &mut self.executions {
                left |= execution.run_stage(world);
            }
            if !self.admit(world) && !left {
                break;
            }
        }
    }

    /// Lets executions into the stages that they wait before. True when one has entered.
    fn admit(&mut self, world: &mut World) -> bool {
        let waiting: Vec<(u64, String)> = self
            .executions
            .iter()
            .filter_map(|execution| Some((execution.sequence, execution.awaited_stage()?.to_owned())))
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
            self.supersede(world.now);
        }
        admitted
    }

    /// Keeps the newest of the executions that wait before one stage.
    fn supersede(&mut self, now: Timestamp) {
        let mut stages = BTreeSet::new();
        for execution in self.executions.iter_mut().rev() {
            let Some(stage) = execution.awaited_stage() else {
                continue;
            };
            if !stages.insert(stage.to_owned()) {
                execution.supersede(now);
            }
        }
    }

    /// The execution that was last in a stage, of those that were in it at all.
    #[must_use]
    pub fn latest_in_stage(&self, stage: &str) -> Option<&Execution> {
        let entered = |execution: &Execution| execution.stage(stage).map_or(0, |progress| progress.entered);
        let latest = self.executions.iter().max_by_key(|execution| entered(execution));
        latest.filter(|execution| entered(execution) > 0)
    }

    /// The newest attempt of an action in any execution, with its execution.
    #[must_use]
    pub fn latest_run(&self, stage: &str, action: &str) -> Option<(&Execution, &ActionRun)> {
        let runs = self
            .executions
            .iter()
            .flat_map(|execution| execution.runs.iter().map(move |run| (execution, run)));
        let of_action = runs.filter(|(_, run)| run.stage == stage && run.action.name == action);
        of_action.max_by_key(|(_, run)| run.sequence)
    }

    /// The executions that wait before a stage, oldest first.
    pub fn inbound(&self, stage: &str) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(move |execution| {
            execution.awaited_stage() == Some(stage) && execution.status == ExecutionStatus::InProgress
        })
    }
}

/// An answer to a manual approval.
#[derive(Debug)]
pub struct Answer {
    /// The principal that answers.
    pub caller: String,
    /// The stage of the approval.
    pub stage: String,
    /// The approval action.
    pub action: String,
    /// What shows that this very attempt is meant.
    pub token: String,
    /// Approved, or else rejected.
    pub approved: bool,
    /// The comment.
    pub summary: String,
}
