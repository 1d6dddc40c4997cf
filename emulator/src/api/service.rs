//! One call of the API: accept the input, do it, shape the reply. No network and no clock.

use std::sync::Arc;

use iam::account::Identity;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::input::{self, parse};
use super::model::Model;
use super::wire::as_modelled;
use super::{history, output, state};
use crate::authorize::{Authorizer, Request, RolePermissions};
use crate::engine::{Answer, ApiError, Engine, ErrorCode, Outcome, Page, Report, Start, Trigger};

/// The most that a list shows on a page, and what it shows when not told.
const PAGE: usize = 100;
/// The same for `ListPipelines`.
const PIPELINES_PAGE: usize = 1000;

/// The API over an engine.
#[derive(Debug)]
pub struct Service {
    /// What the API is about.
    pub engine: Engine,
    model: Model,
    authorizer: Option<Arc<Authorizer>>,
}

impl Service {
    /// Puts the API before an engine. Without an authorizer everybody may do everything.
    ///
    /// # Errors
    /// When the built-in model cannot be read.
    pub fn new(engine: Engine, authorizer: Option<Authorizer>) -> Result<Self, serde_json::Error> {
        let authorizer = authorizer.map(Arc::new);
        let engine = match &authorizer {
            Some(authorizer) => engine.with_permissions(|settings| {
                Box::new(RolePermissions { authorizer: Arc::clone(authorizer), settings })
            }),
            None => engine,
        };
        Ok(Self { engine, model: Model::load()?, authorizer })
    }

    /// A role of the account, by its name, for a caller who may ask for it. Without an account
    /// there is none.
    ///
    /// # Errors
    /// When the caller may not ask.
    pub fn role(
        &self,
        name: &str,
        caller: &str,
        now: Timestamp,
    ) -> Result<Option<&Identity>, ApiError> {
        match &self.authorizer {
            Some(authorizer) => authorizer.role(name, caller, now, self.engine.settings()),
            None => Ok(None),
        }
    }

    /// One call: the name of the operation and its body, the ARN of the caller and the time. An
    /// operation without an output replies nothing.
    ///
    /// # Errors
    /// What AWS answers instead of a result.
    pub fn call(
        &mut self,
        operation: &str,
        body: &[u8],
        caller: &str,
        now: Timestamp,
    ) -> Result<Option<Value>, ApiError> {
        let shapes = self.model.operations.get(operation);
        let shapes = shapes.ok_or_else(|| unknown_operation(operation))?;
        let mut input: Value = serde_json::from_slice(if body.is_empty() { b"{}" } else { body })
            .map_err(|error| {
            ErrorCode::Serialization.because(format!("the body is not JSON: {error}"))
        })?;
        self.model.accept(&shapes.input, &mut input)?;
        if let Some(authorizer) = &self.authorizer {
            let request =
                Request { service: "codepipeline", operation, input: &input, caller, now };
            authorizer.check(&request, self.engine.settings())?;
        }
        // What was due before this call happens before it, however late the clock's own tick comes.
        self.engine.tick(now);
        let reply = perform(&mut self.engine, operation, input, caller, now);
        let shapes = self.model.operations.get(operation);
        let shapes = shapes.ok_or_else(|| unknown_operation(operation))?;
        let mut reply = match reply {
            Ok(reply) => reply,
            Err(error)
                if cfg!(debug_assertions) && !shapes.errors.contains(&error.code.to_string()) =>
            {
                return Err(ErrorCode::Internal
                    .because(format!("{operation} has no such error in the model: {error}")));
            }
            Err(error) => return Err(error),
        };
        drop_nulls(&mut reply);
        if cfg!(debug_assertions)
            && let Some(shape) = &shapes.output
        {
            self.check_reply(shape, &reply)?;
        }
        Ok(shapes.output.is_some().then_some(reply))
    }

    /// A reply that AWS could not have given is a bug that tests should see.
    fn check_reply(&self, shape: &str, reply: &Value) -> Result<(), ApiError> {
        let reply = &as_modelled(reply);
        let mut known = reply.clone();
        let accepted = self.model.accept(shape, &mut known);
        accepted.map_err(|error| {
            ErrorCode::Internal.because(format!("the reply is not a {shape}: {}", error.message))
        })?;
        if known != *reply {
            return Err(
                ErrorCode::Internal.because(format!("the reply has members that {shape} has not"))
            );
        }
        Ok(())
    }
}

fn unknown_operation(operation: &str) -> ApiError {
    ErrorCode::UnknownOperation
        .because(format!("The emulator does not serve the operation '{operation}'"))
}

fn perform(
    engine: &mut Engine,
    operation: &str,
    input: Value,
    caller: &str,
    now: Timestamp,
) -> Result<Value, ApiError> {
    match operation {
        "CreatePipeline" => {
            let input: input::CreatePipeline = parse(input)?;
            let pipeline = engine.create_pipeline(input.pipeline, caller, now)?;
            Ok(json!({"pipeline": pipeline.current.raw, "tags": input.tags}))
        }
        "UpdatePipeline" => {
            let input: input::CreatePipeline = parse(input)?;
            let name =
                input.pipeline.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let pipeline = engine.update_pipeline(&name, input.pipeline, now)?;
            Ok(json!({"pipeline": pipeline.current.raw}))
        }
        "GetPipeline" => {
            let input: input::GetPipeline = parse(input)?;
            let pipeline = engine.pipeline(&input.name)?;
            let wanted = input.version.unwrap_or(pipeline.current.version);
            let version =
                pipeline.versions.iter().find(|declaration| declaration.version == wanted);
            let version = version.ok_or_else(|| {
                ErrorCode::PipelineVersionNotFound
                    .because(format!("Pipeline '{}' has no version {wanted}", input.name))
            })?;
            Ok(output::pipeline(pipeline, version, engine.settings()))
        }
        "DeletePipeline" => {
            let input: input::GetPipeline = parse(input)?;
            engine.delete_pipeline(&input.name, now);
            Ok(Value::Null)
        }
        "ListPipelines" => {
            let paging: input::Paging = parse(input)?;
            let size = paging.max_results.unwrap_or(PIPELINES_PAGE);
            let page = engine.pipelines(size, paging.next_token.as_deref())?;
            Ok(listed("pipelines", page, output::pipeline_summary))
        }
        "StartPipelineExecution" => {
            let input: input::StartPipelineExecution = parse(input)?;
            let start = Start {
                trigger: Trigger::of(caller),
                caller: caller.to_owned(),
                request_token: input.client_request_token,
                variables: input.variables.into_iter().map(|it| (it.name, it.value)).collect(),
                revisions: input
                    .source_revisions
                    .into_iter()
                    .map(|it| (it.action_name, it.revision_value))
                    .collect(),
            };
            let id = engine.start_execution(&input.name, start, now)?;
            Ok(json!({"pipelineExecutionId": id}))
        }
        "StopPipelineExecution" => {
            let input: input::StopPipelineExecution = parse(input)?;
            let id = input.pipeline_execution_id;
            engine.stop_execution(&input.pipeline_name, &id, input.abandon, input.reason, now)?;
            Ok(json!({"pipelineExecutionId": id}))
        }
        "GetPipelineExecution" => {
            let input: input::GetPipelineExecution = parse(input)?;
            let execution = engine.execution(&input.pipeline_name, &input.pipeline_execution_id)?;
            Ok(output::execution(execution, now))
        }
        "ListPipelineExecutions" => list_pipeline_executions(engine, parse(input)?, now),
        "GetPipelineState" => {
            let input: input::GetPipeline = parse(input)?;
            Ok(state::pipeline_state(engine.pipeline(&input.name)?, engine.settings(), now))
        }
        "ListActionExecutions" => list_action_executions(engine, parse(input)?),
        "PutApprovalResult" => {
            let input: input::PutApprovalResult = parse(input)?;
            let answer = Answer {
                caller: caller.to_owned(),
                stage: input.stage_name,
                action: input.action_name,
                token: input.token,
                approved: input.result.status == input::ApprovalStatus::Approved,
                summary: input.result.summary,
            };
            engine.answer_approval(&input.pipeline_name, answer, now)?;
            Ok(json!({"approvedAt": output::seconds(now)}))
        }
        "RetryStageExecution" => {
            let input: input::RetryStageExecution = parse(input)?;
            let id = input.pipeline_execution_id;
            engine.retry_stage(
                &input.pipeline_name,
                &id,
                &input.stage_name,
                input.retry_mode,
                now,
            )?;
            Ok(json!({"pipelineExecutionId": id}))
        }
        "RollbackStage" => {
            let input: input::RollbackStage = parse(input)?;
            let target = &input.target_pipeline_execution_id;
            let id =
                engine.roll_back(&input.pipeline_name, &input.stage_name, target, caller, now)?;
            Ok(json!({"pipelineExecutionId": id}))
        }
        "GetJobDetails" => {
            let input: input::GetJobDetails = parse(input)?;
            engine.job_details(&input.job_id)
        }
        "PutJobSuccessResult" => {
            let content = input.clone();
            let input: input::PutJobSuccessResult = parse(input)?;
            let job = input.job_id.clone();
            let outcome = success(input)?;
            engine.report(&job, Report { outcome, content }, now)?;
            Ok(Value::Null)
        }
        "PutJobFailureResult" => {
            let content = input.clone();
            let input: input::PutJobFailureResult = parse(input)?;
            let outcome = Outcome::Failure {
                code: input.failure_details.kind,
                message: input.failure_details.message,
            };
            engine.report(&input.job_id, Report { outcome, content }, now)?;
            Ok(Value::Null)
        }
        unknown => Err(unknown_operation(unknown)),
    }
}

fn success(input: input::PutJobSuccessResult) -> Result<Outcome, ApiError> {
    match input.continuation_token {
        Some(_) if !input.output_variables.is_empty() => Err(ErrorCode::Validation
            .because("A job can not contain both a continuation token and output variables.")),
        Some(token) => Ok(Outcome::Continue { token }),
        None => Ok(Outcome::Success { output_variables: input.output_variables }),
    }
}

fn list_pipeline_executions(
    engine: &Engine,
    input: input::ListPipelineExecutions,
    now: Timestamp,
) -> Result<Value, ApiError> {
    use crate::engine::StageStatus::Succeeded;
    let stage = input.filter.succeeded_in_stage.and_then(|filter| filter.stage_name);
    let page = engine.executions(
        &input.pipeline_name,
        |execution| {
            let succeeded = |stage: &String| {
                execution.stage(stage).is_some_and(|it| it.status == Some(Succeeded))
            };
            stage.as_ref().is_none_or(succeeded)
        },
        input.paging.max_results.unwrap_or(PAGE),
        input.paging.next_token.as_deref(),
    )?;
    Ok(listed("pipelineExecutionSummaries", page, |execution| {
        output::execution_summary(execution, now)
    }))
}

fn list_action_executions(
    engine: &Engine,
    input: input::ListActionExecutions,
) -> Result<Value, ApiError> {
    let latest = input.filter.latest_in_pipeline_execution;
    let id = latest.as_ref().map(|filter| filter.pipeline_execution_id.clone());
    let id = input.filter.pipeline_execution_id.or(id);
    let newest_only =
        latest.is_some_and(|filter| filter.start_time_range == input::StartTimeRange::Latest);
    let page = engine.action_runs(
        &input.pipeline_name,
        id.as_deref(),
        newest_only,
        input.paging.max_results.unwrap_or(PAGE),
        input.paging.next_token.as_deref(),
    )?;
    Ok(listed("actionExecutionDetails", page, |(execution, run)| {
        history::action_detail(execution, run, engine.settings())
    }))
}

fn listed<T>(name: &str, page: Page<T>, show: impl Fn(T) -> Value) -> Value {
    let items: Vec<Value> = page.items.into_iter().map(show).collect();
    json!({name: items, "nextToken": page.next_token})
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(members) => members.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Account;

    #[test]
    fn every_operation_of_the_model_is_served_and_no_other() {
        let served: Vec<String> = Model::load().unwrap().operations.into_keys().collect();
        let mut account = Account::new();
        for operation in &served {
            // Without its members an input is refused or answered, but the operation is never
            // unknown.
            let result =
                perform(&mut account.service.engine, operation, json!({}), "caller", account.now);
            assert!(
                result.err().is_none_or(|error| error.code != ErrorCode::UnknownOperation),
                "{operation}"
            );
        }
        assert_eq!(account.refused("ListWebhooks", json!({})), ErrorCode::UnknownOperation);
    }
}
