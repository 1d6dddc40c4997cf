//! CodePipeline's behaviour, without a clock, a network or a thread. Every entry point takes the
//! time, and anything to do outside comes out as an [`Effect`].

mod action_run;
mod approval;
mod artifact;
mod declaration;
mod error;
mod execution;
mod ids;
mod invocation;
mod job;
mod lag;
mod notification;
mod page;
mod permissions;
mod pipeline;
mod report;
mod rollback;
mod settings;
mod source;
mod stage;
mod start;
mod start_action;
mod stop;
mod variables;
mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use action_run::{ActionRun, ActionStatus, ErrorDetails, Pretence, Work};
pub use approval::Answer;
pub use artifact::Artifact;
pub use declaration::{Action, ActionKind, Declaration, ExecutionMode, RetryMode, Stage};
pub use error::{ApiError, ErrorCode};
pub use execution::{Execution, ExecutionStatus};
#[cfg(test)]
pub(crate) use ids::CountedIds;
pub use ids::{IdSource, RandomIds};
pub use job::Job;
pub use lag::Lag;
pub use page::Page;
pub use permissions::Permissions;
pub use pipeline::Pipeline;
pub use report::{Outcome, Report};
pub use settings::Settings;
pub use stage::{Retries, StageProgress, StageStatus};
pub use start::{SourceOverride, SourceRevision, Start, Trigger};
pub use world::Effect;

use page::{List, page};
use world::World;

/// All pipelines of one account in one region.
#[derive(Debug)]
pub struct Engine {
    pipelines: BTreeMap<String, Pipeline>,
    /// Deleted pipelines: their jobs may still get reports.
    deleted: Vec<Pipeline>,
    world: World,
}

impl Engine {
    /// An account without pipelines. Every role may do everything.
    #[must_use]
    pub fn new(settings: Settings, ids: Box<dyn IdSource>, lag: Lag) -> Self {
        Self {
            pipelines: BTreeMap::new(),
            deleted: Vec::new(),
            world: World::new(settings, ids, lag),
        }
    }

    /// The same account, with permissions for its roles.
    #[must_use]
    pub fn with_permissions(
        mut self,
        permissions: impl FnOnce(Settings) -> Box<dyn Permissions>,
    ) -> Self {
        self.world.permissions = Some(permissions(self.world.settings.clone()));
        self
    }

    /// The account and region of this CodePipeline.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// The effects since the last call.
    #[must_use]
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.world.effects)
    }

    /// The next time at which [`Engine::tick`] has something to do.
    #[must_use]
    pub fn next_event(&self) -> Option<Timestamp> {
        self.pipelines.values().filter_map(Pipeline::next_event).min()
    }

    /// Does everything that is due until now, each thing at its own time. So the interval between
    /// ticks makes no difference.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some(event) = self.next_event().filter(|event| *event <= now) {
            self.world.now = event;
            for pipeline in self.pipelines.values_mut() {
                pipeline.advance(&mut self.world);
            }
        }
        self.world.now = now;
    }

    /// A pipeline by its name.
    ///
    /// # Errors
    /// If there is no such pipeline.
    pub fn pipeline(&self, name: &str) -> Result<&Pipeline, ApiError> {
        self.pipelines.get(name).ok_or_else(|| self.no_pipeline(name))
    }

    fn no_pipeline(&self, name: &str) -> ApiError {
        let account = &self.settings().account_id;
        ErrorCode::PipelineNotFound
            .because(format!("Account '{account}' does not have a pipeline with name '{name}'"))
    }

    /// A pipeline and its world at a point in time.
    fn enter(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<(&mut Pipeline, &mut World), ApiError> {
        self.pipeline(name)?;
        self.world.now = now;
        let pipeline = self.pipelines.get_mut(name);
        let pipeline =
            pipeline.ok_or_else(|| ErrorCode::Internal.because("the pipeline went away"))?;
        Ok((pipeline, &mut self.world))
    }

    /// `CreatePipeline`, which starts an execution.
    ///
    /// # Errors
    /// If the structure is not valid or the name is taken.
    pub fn create_pipeline(
        &mut self,
        raw: Value,
        caller: &str,
        now: Timestamp,
    ) -> Result<&Pipeline, ApiError> {
        self.world.now = now;
        let declaration = Declaration::parse(raw, 1, now)?;
        let name = declaration.structure.name.clone();
        if self.pipelines.contains_key(&name) {
            return Err(ErrorCode::PipelineNameInUse
                .because(format!("A pipeline with the name '{name}' already exists")));
        }
        let mut pipeline = Pipeline::new(declaration, &mut self.world);
        let start = Start {
            trigger: Trigger::CreatePipeline,
            caller: caller.to_owned(),
            ..Start::default()
        };
        pipeline.start(start, &mut self.world)?;
        Ok(self.pipelines.entry(name).or_insert(pipeline))
    }

    /// `UpdatePipeline`. Executions in progress keep the version that they started with, but their
    /// open approvals are canceled, and such an execution hangs until somebody stops it.
    ///
    /// # Errors
    /// If the structure is not valid, or there is no such pipeline: AWS's model has no separate
    /// error for that.
    pub fn update_pipeline(
        &mut self,
        name: &str,
        raw: Value,
        now: Timestamp,
    ) -> Result<&Pipeline, ApiError> {
        let (pipeline, world) = self
            .enter(name, now)
            .map_err(|error| ErrorCode::InvalidStructure.because(error.message))?;
        let declaration =
            Declaration::parse(raw, pipeline.current.version.saturating_add(1), world.now)?;
        pipeline.update(declaration);
        Ok(pipeline)
    }

    /// `DeletePipeline`. To delete a missing pipeline is not an error.
    pub fn delete_pipeline(&mut self, name: &str, now: Timestamp) {
        self.world.now = now;
        if let Some(mut pipeline) = self.pipelines.remove(name) {
            for execution in
                pipeline.executions.iter_mut().filter(|execution| execution.is_active())
            {
                execution.abandon(&mut self.world);
            }
            self.deleted.push(pipeline);
        }
    }

    /// Removes an execution without a trace.
    #[cfg(test)]
    pub(crate) fn forget(&mut self, name: &str, id: &str) {
        if let Some(pipeline) = self.pipelines.get_mut(name) {
            pipeline.executions.retain(|execution| execution.id != id);
        }
    }

    /// `ListPipelines`, newest first.
    ///
    /// # Errors
    /// If the token is not one of this list.
    pub fn pipelines(&self, size: usize, token: Option<&str>) -> Result<Page<&Pipeline>, ApiError> {
        let pipelines = self.pipelines.values().map(|pipeline| (pipeline.sequence, pipeline));
        page(List::Pipelines, pipelines, size, token)
    }

    /// `StartPipelineExecution`. Returns the id of the new execution.
    ///
    /// # Errors
    /// If there is no such pipeline, it does not declare a variable, a source cannot deliver a
    /// revision, or too many executions are in progress.
    pub fn start_execution(
        &mut self,
        name: &str,
        start: Start,
        now: Timestamp,
    ) -> Result<String, ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.start(start, world)
    }

    /// `StopPipelineExecution`.
    ///
    /// # Errors
    /// If the execution is not in progress, or is already stopping.
    pub fn stop_execution(
        &mut self,
        name: &str,
        id: &str,
        abandon: bool,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.stop(id, abandon, reason, world)
    }

    /// `RetryStageExecution`.
    ///
    /// # Errors
    /// If the stage did not fail, the pipeline has changed since, or a newer execution has run
    /// there.
    pub fn retry_stage(
        &mut self,
        name: &str,
        id: &str,
        stage: &str,
        mode: RetryMode,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.retry(id, stage, mode, world)
    }

    /// `RollbackStage`. Returns the id of the new execution.
    ///
    /// # Errors
    /// If the target execution did not complete the stage, the pipeline has changed since, or an
    /// execution is in the stage.
    pub fn roll_back(
        &mut self,
        name: &str,
        stage: &str,
        target: &str,
        caller: &str,
        now: Timestamp,
    ) -> Result<String, ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.roll_back(stage, target, caller.to_owned(), world)
    }

    /// `PutApprovalResult`.
    ///
    /// # Errors
    /// If the token is not that of an open approval of the action.
    pub fn answer_approval(
        &mut self,
        name: &str,
        answer: Answer,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.answer_approval(answer, world)
    }

    /// `ListPipelineExecutions`, newest first. Only executions that `shown` accepts are listed.
    ///
    /// # Errors
    /// If there is no such pipeline, or the token is not one of this list.
    pub fn executions(
        &self,
        name: &str,
        shown: impl Fn(&Execution) -> bool,
        size: usize,
        token: Option<&str>,
    ) -> Result<Page<&Execution>, ApiError> {
        let executions = self.pipeline(name)?.executions.iter();
        let executions =
            executions.filter(|execution| execution.is_shown(self.world.now) && shown(execution));
        page(
            List::Executions,
            executions.map(|execution| (execution.sequence, execution)),
            size,
            token,
        )
    }

    /// `ListActionExecutions`, newest first, of one execution or of all. With `newest_only`,
    /// attempts that a retry has replaced are left out.
    ///
    /// # Errors
    /// If there is no such pipeline or execution, or the token is not one of this list.
    pub fn action_runs(
        &self,
        name: &str,
        execution_id: Option<&str>,
        newest_only: bool,
        size: usize,
        token: Option<&str>,
    ) -> Result<Page<(&Execution, &ActionRun)>, ApiError> {
        let now = self.world.now;
        if let Some(id) = execution_id {
            self.execution(name, id)?;
        }
        let executions = self.pipeline(name)?.executions.iter();
        let shown = executions.filter(|execution| {
            execution.is_shown(now) && execution_id.is_none_or(|id| execution.id == id)
        });
        let runs =
            shown.flat_map(|execution| execution.runs.iter().map(move |run| (execution, run)));
        let runs = runs.filter(|(_, run)| run.is_in_history(now) && (run.counts() || !newest_only));
        page(List::Actions, runs.map(|found| (found.1.sequence, found)), size, token)
    }

    /// `GetPipelineExecution`.
    ///
    /// # Errors
    /// If there is no such pipeline or execution, or the execution has only just started.
    pub fn execution(&self, name: &str, id: &str) -> Result<&Execution, ApiError> {
        let pipeline = self.pipeline(name)?;
        let execution = pipeline.execution(id)?;
        if execution.is_shown(self.world.now) {
            Ok(execution)
        } else {
            Err(pipeline.no_execution(ErrorCode::PipelineExecutionNotFound, id))
        }
    }

    /// `GetJobDetails`.
    ///
    /// # Errors
    /// If no job has that id.
    pub fn job_details(&self, job_id: &str) -> Result<Value, ApiError> {
        let pipelines = self.pipelines.values().chain(&self.deleted);
        let mut executions = pipelines.flat_map(|pipeline| &pipeline.executions);
        let details = executions.find_map(|execution| {
            let run = execution.run_of_job(job_id)?;
            Some(run.job()?.details(run, execution, self.settings()))
        });
        details.ok_or_else(|| report::no_job(job_id))
    }
}
