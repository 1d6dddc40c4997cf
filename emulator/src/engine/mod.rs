//! What CodePipeline does, without a clock, a network or a thread: every entry takes the time, and what has to happen
//! outside comes out as an [`Effect`].

mod action_run;
mod declaration;
mod error;
mod execution;
mod ids;
mod job;
mod page;
mod pipeline;
mod start_action;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use action_run::{ActionRun, ActionStatus, ErrorDetails, Work};
pub use declaration::{ActionKind, Declaration, ExecutionMode, RetryMode, Stage};
pub use error::{ApiError, ErrorCode};
pub use execution::{Execution, ExecutionStatus, Retries, StageProgress, StageStatus, Start};
#[cfg(test)]
pub(crate) use ids::CountedIds;
pub use ids::{IdSource, RandomIds};
pub use job::Job;
pub use page::Page;
pub use pipeline::{Answer, Pipeline};

use page::{List, page};

/// Whose CodePipeline this is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The partition in ARNs: `aws`, `aws-cn`, …
    pub partition: String,
    /// The region in ARNs.
    pub region: String,
    /// The twelve digits in ARNs.
    pub account_id: String,
    /// `GetJobDetails` leaves the pipeline's ARN and the execution's id out, as AWS's model lets it for Lambda jobs.
    pub bare_job_details: bool,
}

impl Settings {
    /// The ARN of a pipeline.
    #[must_use]
    pub fn pipeline_arn(&self, name: &str) -> String {
        let Self {
            partition,
            region,
            account_id,
            ..
        } = self;
        format!("arn:{partition}:codepipeline:{region}:{account_id}:{name}")
    }
}

/// What has to happen outside the engine.
pub enum Effect {
    /// Invoke the gate, asynchronously, as CodePipeline invokes a function.
    Invoke {
        /// The job that the event is about.
        job_id: String,
        /// What the function receives. It carries credentials: never log it.
        event: Value,
    },
}

impl std::fmt::Debug for Effect {
    // By hand, because the event carries credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Invoke { job_id, .. } = self;
        f.debug_struct("Invoke").field("job_id", job_id).finish_non_exhaustive()
    }
}

/// What a job's function reports.
#[derive(Debug)]
pub enum Report {
    /// It is done.
    Success {
        /// The summary to show.
        summary: Option<String>,
        /// The id, in whatever it ran, to show.
        external_id: Option<String>,
        /// What it hands to later actions.
        output_variables: BTreeMap<String, String>,
    },
    /// It asks to be invoked again.
    Continue {
        /// What it wants to be told then.
        token: String,
        /// The summary to show meanwhile.
        summary: Option<String>,
    },
    /// It failed.
    Failure {
        /// The failure type.
        code: String,
        /// The text.
        message: String,
        /// The id, in whatever it ran, to show.
        external_id: Option<String>,
    },
}

/// All pipelines of one account in one region.
#[derive(Debug)]
pub struct Engine {
    pipelines: BTreeMap<String, Pipeline>,
    world: World,
}

/// What every part of the engine may need while it does something.
struct World {
    settings: Settings,
    ids: Box<dyn IdSource>,
    /// The time of the entry in progress.
    now: Timestamp,
    sequence: u64,
    effects: Vec<Effect>,
}

impl std::fmt::Debug for World {
    // By hand, because the effects carry credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl World {
    fn next_sequence(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    fn invoke(&mut self, job: &Job, run: &ActionRun, execution: &Execution) {
        self.effects.push(Effect::Invoke {
            job_id: job.id.clone(),
            event: job.event(run, execution, &self.settings),
        });
    }
}

impl Engine {
    /// An account without pipelines.
    #[must_use]
    pub fn new(settings: Settings, ids: Box<dyn IdSource>) -> Self {
        Self {
            pipelines: BTreeMap::new(),
            world: World {
                settings,
                ids,
                now: Timestamp::UNIX_EPOCH,
                sequence: 0,
                effects: Vec::new(),
            },
        }
    }

    /// Whose CodePipeline this is.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// What has to happen outside since this was last asked.
    #[must_use]
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.world.effects)
    }

    /// When [`Engine::tick`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let executions = self.pipelines.values().flat_map(|pipeline| &pipeline.executions);
        executions
            .flat_map(|execution| &execution.runs)
            .filter_map(ActionRun::deadline)
            .min()
    }

    /// Fails what has timed out.
    pub fn tick(&mut self, now: Timestamp) {
        self.world.now = now;
        for pipeline in self.pipelines.values_mut() {
            pipeline.tick(&mut self.world);
        }
    }

    /// The pipeline of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn pipeline(&self, name: &str) -> Result<&Pipeline, ApiError> {
        self.pipelines.get(name).ok_or_else(|| self.no_pipeline(name))
    }

    fn no_pipeline(&self, name: &str) -> ApiError {
        let Settings { region, account_id, .. } = self.settings();
        ErrorCode::PipelineNotFound.because(format!(
            "Account '{account_id}' does not have a pipeline with name '{name}' in {region}"
        ))
    }

    /// A pipeline and the world that it acts in, at that time.
    fn enter(&mut self, name: &str, now: Timestamp) -> Result<(&mut Pipeline, &mut World), ApiError> {
        self.pipeline(name)?;
        self.world.now = now;
        let pipeline = self.pipelines.get_mut(name);
        let pipeline = pipeline.ok_or_else(|| ErrorCode::Internal.because("the pipeline went away"))?;
        Ok((pipeline, &mut self.world))
    }

    /// `CreatePipeline`. It does not start the pipeline: sources here never detect a change.
    ///
    /// # Errors
    /// When the structure is not valid or the name is taken.
    pub fn create_pipeline(&mut self, raw: Value, now: Timestamp) -> Result<&Pipeline, ApiError> {
        self.world.now = now;
        let declaration = Declaration::parse(raw, 1)?;
        let name = declaration.structure.name.clone();
        if self.pipelines.contains_key(&name) {
            return Err(
                ErrorCode::PipelineNameInUse.because(format!("A pipeline with the name '{name}' already exists"))
            );
        }
        let pipeline = Pipeline::new(declaration, &mut self.world);
        Ok(self.pipelines.entry(name).or_insert(pipeline))
    }

    /// `UpdatePipeline`. Executions in progress go on with the version that they started with.
    ///
    /// # Errors
    /// When the structure is not valid, or there is no such pipeline: AWS's model has no error of its own for that.
    pub fn update_pipeline(&mut self, name: &str, raw: Value, now: Timestamp) -> Result<&Pipeline, ApiError> {
        let (pipeline, world) = self
            .enter(name, now)
            .map_err(|error| ErrorCode::InvalidStructure.because(error.message))?;
        let declaration = Declaration::parse(raw, pipeline.current.version.saturating_add(1))?;
        pipeline.update(declaration, world.now);
        Ok(pipeline)
    }

    /// `ListPipelines`, newest first.
    ///
    /// # Errors
    /// When the token is not one of this list.
    pub fn pipelines(&self, size: usize, token: Option<&str>) -> Result<Page<&Pipeline>, ApiError> {
        let pipelines = self.pipelines.values().map(|pipeline| (pipeline.sequence, pipeline));
        page(List::Pipelines, pipelines, size, token)
    }

    /// `StartPipelineExecution`; the id of the new execution.
    ///
    /// # Errors
    /// When there is no such pipeline, it declares no such variable, or too much is in progress.
    pub fn start_execution(&mut self, name: &str, start: Start, now: Timestamp) -> Result<String, ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.start(start, world)
    }

    /// `StopPipelineExecution`.
    ///
    /// # Errors
    /// When the execution is not in progress, or is stopping already.
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
    /// When the stage did not fail, the pipeline has changed since, or a newer execution has run there.
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

    /// `PutApprovalResult`.
    ///
    /// # Errors
    /// When the token is not that of an open approval of that action.
    pub fn answer_approval(&mut self, name: &str, answer: Answer, now: Timestamp) -> Result<(), ApiError> {
        let (pipeline, world) = self.enter(name, now)?;
        pipeline.answer_approval(answer, world)
    }

    /// `ListPipelineExecutions`, newest first, of those that `shown` accepts.
    ///
    /// # Errors
    /// When there is no such pipeline, or the token is not one of this list.
    pub fn executions(
        &self,
        name: &str,
        shown: impl Fn(&Execution) -> bool,
        size: usize,
        token: Option<&str>,
    ) -> Result<Page<&Execution>, ApiError> {
        let executions = self
            .pipeline(name)?
            .executions
            .iter()
            .filter(|execution| shown(execution));
        page(
            List::Executions,
            executions.map(|execution| (execution.sequence, execution)),
            size,
            token,
        )
    }

    /// `ListActionExecutions`, newest first, of one execution or of all, with or without what a retry has replaced.
    ///
    /// # Errors
    /// When there is no such pipeline or execution, or the token is not one of this list.
    pub fn action_runs(
        &self,
        name: &str,
        execution_id: Option<&str>,
        newest_only: bool,
        size: usize,
        token: Option<&str>,
    ) -> Result<Page<(&Execution, &ActionRun)>, ApiError> {
        let pipeline = self.pipeline(name)?;
        if let Some(id) = execution_id {
            pipeline.execution(id)?;
        }
        let executions = pipeline.executions.iter();
        let shown = executions.filter(|execution| execution_id.is_none_or(|id| execution.id == id));
        let runs = shown.flat_map(|execution| execution.runs.iter().map(move |run| (execution, run)));
        let runs = runs.filter(|(_, run)| run.counts || !newest_only);
        page(List::Actions, runs.map(|found| (found.1.sequence, found)), size, token)
    }

    /// `GetJobDetails`.
    ///
    /// # Errors
    /// When no job has that id.
    pub fn job_details(&self, job_id: &str) -> Result<Value, ApiError> {
        let mut executions = self.pipelines.values().flat_map(|pipeline| &pipeline.executions);
        let details = executions.find_map(|execution| {
            let run = execution.run_of_job(job_id)?;
            Some(run.job()?.details(run, execution, self.settings()))
        });
        details.ok_or_else(|| no_job(job_id))
    }

    /// `PutJobSuccessResult` and `PutJobFailureResult`.
    ///
    /// # Errors
    /// When no job has that id, or it has been reported on already.
    pub fn report(&mut self, job_id: &str, report: Report, now: Timestamp) -> Result<(), ApiError> {
        self.world.now = now;
        for pipeline in self.pipelines.values_mut() {
            let mut executions = pipeline.executions.iter_mut();
            if let Some(execution) = executions.find(|execution| execution.run_of_job(job_id).is_some()) {
                execution.take_report(job_id, report, &mut self.world)?;
                pipeline.advance(&mut self.world);
                return Ok(());
            }
        }
        Err(no_job(job_id))
    }
}

fn no_job(job_id: &str) -> ApiError {
    ErrorCode::JobNotFound.because(format!("There is no job with the id {job_id}"))
}
