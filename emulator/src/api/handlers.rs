//! One handler for each operation: it reads the typed input, asks the engine, and shapes the reply.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{history, input, output, state};
use crate::engine::{
    Answer, ApiError, Engine, ErrorCode, Outcome, Page, Report, StageStatus, Start, Trigger,
};
use crate::operation::Operation;

/// The largest page of a list, and the default.
const PAGE: usize = 100;
/// The same for `ListPipelines`.
const PIPELINES_PAGE: usize = 1000;

/// A call that the model has accepted and that the caller may make.
pub(super) struct Call<'a> {
    pub(super) engine: &'a mut Engine,
    /// The ARN of the caller.
    pub(super) caller: &'a str,
    pub(super) now: Timestamp,
}

type Reply = Result<Value, ApiError>;

impl Operation {
    /// Makes the call. The reply of an operation without an output is null.
    pub(super) fn handle(self, call: &mut Call<'_>, input: Value) -> Reply {
        match self {
            Self::CreatePipeline => call.create_pipeline(parse(input)?),
            Self::DeletePipeline => call.delete_pipeline(&parse(input)?),
            Self::GetJobDetails => call.get_job_details(&parse(input)?),
            Self::GetPipeline => call.get_pipeline(&parse(input)?),
            Self::GetPipelineExecution => call.get_pipeline_execution(&parse(input)?),
            Self::GetPipelineState => call.get_pipeline_state(&parse(input)?),
            Self::ListActionExecutions => call.list_action_executions(parse(input)?),
            Self::ListPipelineExecutions => call.list_pipeline_executions(parse(input)?),
            Self::ListPipelines => call.list_pipelines(&parse(input)?),
            Self::PutApprovalResult => call.put_approval_result(parse(input)?),
            Self::PutJobFailureResult => call.put_job_failure_result(input),
            Self::PutJobSuccessResult => call.put_job_success_result(input),
            Self::RetryStageExecution => call.retry_stage_execution(&parse(input)?),
            Self::RollbackStage => call.rollback_stage(&parse(input)?),
            Self::StartPipelineExecution => call.start_pipeline_execution(parse(input)?),
            Self::StopPipelineExecution => call.stop_pipeline_execution(parse(input)?),
            Self::UpdatePipeline => call.update_pipeline(parse(input)?),
        }
    }
}

fn parse<T: DeserializeOwned>(input: Value) -> Result<T, ApiError> {
    serde_json::from_value(input).map_err(|error| {
        ErrorCode::Internal.because(format!("an accepted input could not be read: {error}"))
    })
}

impl Call<'_> {
    fn create_pipeline(&mut self, input: input::CreatePipeline) -> Reply {
        let pipeline = self.engine.create_pipeline(input.pipeline, self.caller, self.now)?;
        Ok(json!({"pipeline": pipeline.current.raw, "tags": input.tags}))
    }

    fn update_pipeline(&mut self, input: input::CreatePipeline) -> Reply {
        let name = input.pipeline.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default().to_owned();
        let pipeline = self.engine.update_pipeline(&name, input.pipeline, self.now)?;
        Ok(json!({"pipeline": pipeline.current.raw}))
    }

    fn get_pipeline(&self, input: &input::GetPipeline) -> Reply {
        let pipeline = self.engine.pipeline(&input.name)?;
        let wanted = input.version.unwrap_or(pipeline.current.version);
        let version = pipeline.versions.iter().find(|declaration| declaration.version == wanted);
        let version = version.ok_or_else(|| {
            ErrorCode::PipelineVersionNotFound
                .because(format!("Pipeline '{}' has no version {wanted}", input.name))
        })?;
        Ok(output::pipeline(pipeline, version, self.engine.settings()))
    }

    fn delete_pipeline(&mut self, input: &input::GetPipeline) -> Reply {
        self.engine.delete_pipeline(&input.name, self.now);
        Ok(Value::Null)
    }

    fn list_pipelines(&self, paging: &input::Paging) -> Reply {
        let size = paging.max_results.unwrap_or(PIPELINES_PAGE);
        let page = self.engine.pipelines(size, paging.next_token.as_deref())?;
        Ok(listed("pipelines", page, output::pipeline_summary))
    }

    fn start_pipeline_execution(&mut self, input: input::StartPipelineExecution) -> Reply {
        let start = Start {
            trigger: Trigger::from_caller(self.caller),
            caller: self.caller.to_owned(),
            request_token: input.client_request_token,
            variables: input.variables.into_iter().map(|it| (it.name, it.value)).collect(),
            revisions: input.source_revisions,
        };
        let id = self.engine.start_execution(&input.name, start, self.now)?;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn stop_pipeline_execution(&mut self, input: input::StopPipelineExecution) -> Reply {
        let id = input.pipeline_execution_id;
        let name = &input.pipeline_name;
        self.engine.stop_execution(name, &id, input.abandon, input.reason, self.now)?;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn get_pipeline_execution(&self, input: &input::GetPipelineExecution) -> Reply {
        let id = &input.pipeline_execution_id;
        let execution = self.engine.execution(&input.pipeline_name, id)?;
        Ok(output::execution(execution, self.now))
    }

    fn list_pipeline_executions(&self, input: input::ListPipelineExecutions) -> Reply {
        let stage = input.filter.succeeded_in_stage.and_then(|filter| filter.stage_name);
        let page = self.engine.executions(
            &input.pipeline_name,
            |execution| {
                stage.as_ref().is_none_or(|stage| {
                    let progress = execution.stage(stage);
                    progress.is_some_and(|it| it.status == Some(StageStatus::Succeeded))
                })
            },
            input.paging.max_results.unwrap_or(PAGE),
            input.paging.next_token.as_deref(),
        )?;
        let summary = |execution| output::execution_summary(execution, self.now);
        Ok(listed("pipelineExecutionSummaries", page, summary))
    }

    fn get_pipeline_state(&self, input: &input::GetPipeline) -> Reply {
        let pipeline = self.engine.pipeline(&input.name)?;
        Ok(state::pipeline_state(pipeline, self.engine.settings(), self.now))
    }

    fn list_action_executions(&self, input: input::ListActionExecutions) -> Reply {
        let latest = input.filter.latest_in_pipeline_execution;
        let id = latest.as_ref().map(|filter| filter.pipeline_execution_id.clone());
        let id = input.filter.pipeline_execution_id.or(id);
        let newest_only =
            latest.is_some_and(|filter| filter.start_time_range == input::StartTimeRange::Latest);
        let page = self.engine.action_runs(
            &input.pipeline_name,
            id.as_deref(),
            newest_only,
            input.paging.max_results.unwrap_or(PAGE),
            input.paging.next_token.as_deref(),
        )?;
        Ok(listed("actionExecutionDetails", page, |(execution, run)| {
            history::action_detail(execution, run, self.engine.settings())
        }))
    }

    fn put_approval_result(&mut self, input: input::PutApprovalResult) -> Reply {
        let answer = Answer {
            caller: self.caller.to_owned(),
            stage: input.stage_name,
            action: input.action_name,
            token: input.token,
            approved: input.result.status == input::ApprovalStatus::Approved,
            summary: input.result.summary,
        };
        self.engine.answer_approval(&input.pipeline_name, answer, self.now)?;
        Ok(json!({"approvedAt": output::seconds(self.now)}))
    }

    fn retry_stage_execution(&mut self, input: &input::RetryStageExecution) -> Reply {
        let id = &input.pipeline_execution_id;
        let (pipeline, stage) = (&input.pipeline_name, &input.stage_name);
        self.engine.retry_stage(pipeline, id, stage, input.retry_mode, self.now)?;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn rollback_stage(&mut self, input: &input::RollbackStage) -> Reply {
        let target = &input.target_pipeline_execution_id;
        let (pipeline, stage) = (&input.pipeline_name, &input.stage_name);
        let id = self.engine.roll_back(pipeline, stage, target, self.caller, self.now)?;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn get_job_details(&self, input: &input::GetJobDetails) -> Reply {
        self.engine.job_details(&input.job_id)
    }

    fn put_job_success_result(&mut self, content: Value) -> Reply {
        let input: input::PutJobSuccessResult = parse(content.clone())?;
        let outcome = match input.continuation_token {
            Some(_) if !input.output_variables.is_empty() => {
                return Err(ErrorCode::Validation.because(
                    "A job can not contain both a continuation token and output variables.",
                ));
            }
            Some(token) => Outcome::Continue { token },
            None => Outcome::Success { output_variables: input.output_variables },
        };
        self.engine.report(&input.job_id, Report { outcome, content }, self.now)?;
        Ok(Value::Null)
    }

    fn put_job_failure_result(&mut self, content: Value) -> Reply {
        let input: input::PutJobFailureResult = parse(content.clone())?;
        let outcome = Outcome::Failure {
            code: input.failure_details.kind,
            message: input.failure_details.message,
        };
        self.engine.report(&input.job_id, Report { outcome, content }, self.now)?;
        Ok(Value::Null)
    }
}

fn listed<T>(name: &str, page: Page<T>, show: impl Fn(T) -> Value) -> Value {
    let items: Vec<Value> = page.items.into_iter().map(show).collect();
    json!({name: items, "nextToken": page.next_token})
}
