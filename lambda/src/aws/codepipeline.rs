//! CodePipeline through the AWS SDK.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, FailureDetails,
    FailureType, StageState,
};
use jiff::Timestamp;
use rule::{ActionKind, Approver, Attempt, Initiator, Satisfied, Status};

use super::{is_throttling, sdk};
use crate::call::{CallError, Operation};
use crate::failure::{Failure, FailureKind};
use crate::port::{
    CodePipeline, Configuration, ExecutionPage, HistoryEntry, JobDetails, StateEntry,
};

/// CodePipeline through the AWS SDK.
#[derive(Clone, Debug)]
pub struct Adapter(Client);

impl From<Client> for Adapter {
    fn from(client: Client) -> Self {
        Self(client)
    }
}

impl CodePipeline for Adapter {
    async fn job_details(&self, job_id: &str) -> Result<JobDetails, CallError> {
        const OPERATION: Operation = Operation::GetJobDetails;
        let reply = self.0.get_job_details().job_id(job_id).send().await;
        let details = reply
            .map_err(|error| call_error(OPERATION, &error))?
            .job_details
            .ok_or(missing(OPERATION, "`jobDetails` is missing"))?;
        // The reply also has `artifactCredentials`. Only the context and the configuration leave
        // this function.
        let data = details.data.ok_or(missing(OPERATION, "`data` is missing"))?;
        let context =
            data.pipeline_context.ok_or(missing(OPERATION, "`pipelineContext` is missing"))?;
        let configuration = data.action_configuration.and_then(|action| action.configuration);
        Ok(JobDetails {
            account: details.account_id.ok_or(missing(OPERATION, "`accountId` is missing"))?,
            pipeline: context
                .pipeline_name
                .ok_or(missing(OPERATION, "`pipelineContext.pipelineName` is missing"))?,
            stage: context
                .stage
                .and_then(|stage| stage.name)
                .ok_or(missing(OPERATION, "`pipelineContext.stage.name` is missing"))?,
            action: context.action.as_ref().and_then(|action| action.name.clone()),
            action_execution_id: context.action.and_then(|action| action.action_execution_id),
            execution_id: context.pipeline_execution_id,
            configuration: configuration.map(|mut configuration| Configuration {
                function_name: configuration.remove("FunctionName"),
                user_parameters: configuration.remove("UserParameters"),
            }),
        })
    }

    async fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        let reply = self
            .0
            .list_action_executions()
            .pipeline_name(pipeline)
            .filter(ActionExecutionFilter::builder().pipeline_execution_id(execution_id).build())
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(Operation::ListActionExecutions, &error))?;
        Ok(ExecutionPage {
            attempts: reply
                .action_execution_details
                .unwrap_or_default()
                .into_iter()
                .map(history_entry)
                .collect(),
            next_token: reply.next_token,
        })
    }

    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StateEntry>, CallError> {
        let reply = self
            .0
            .get_pipeline_state()
            .name(pipeline)
            .send()
            .await
            .map_err(|error| call_error(Operation::GetPipelineState, &error))?;
        let stages = reply
            .stage_states
            .ok_or(missing(Operation::GetPipelineState, "`stageStates` is missing"))?;
        Ok(stages.into_iter().flat_map(state_entries).collect())
    }

    async fn initiator(&self, pipeline: &str, execution_id: &str) -> Result<Initiator, CallError> {
        let reply = self
            .0
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution_id)
            .send()
            .await
            .map_err(|error| call_error(Operation::GetPipelineExecution, &error))?;
        let trigger = reply
            .pipeline_execution
            .ok_or(missing(Operation::GetPipelineExecution, "`pipelineExecution` is missing"))?
            .trigger;
        let of_type = trigger.as_ref().and_then(|trigger| trigger.trigger_type.as_ref());
        let detail = trigger.as_ref().and_then(|trigger| trigger.trigger_detail.as_deref());
        Ok(Initiator::from_trigger(of_type.map(sdk::types::TriggerType::as_str), detail))
    }

    async fn report_success(
        &self,
        job_id: &str,
        satisfied: Satisfied<'_>,
    ) -> Result<(), CallError> {
        let variables = satisfied.output_variables().map(|(name, value)| (name.to_owned(), value));
        self.0
            .put_job_success_result()
            .job_id(job_id)
            .set_output_variables(Some(variables.into()))
            .send()
            .await
            .map_err(|error| call_error(Operation::PutJobSuccessResult, &error))?;
        Ok(())
    }

    async fn report_failure(&self, job_id: &str, failure: &Failure) -> Result<(), CallError> {
        const OPERATION: Operation = Operation::PutJobFailureResult;
        let details = FailureDetails::builder()
            .r#type(match failure.kind {
                FailureKind::JobFailed => FailureType::JobFailed,
                FailureKind::ConfigurationError => FailureType::ConfigurationError,
                FailureKind::PermissionError => FailureType::PermissionError,
                FailureKind::SystemUnavailable => FailureType::SystemUnavailable,
            })
            .message(&failure.message)
            .build()
            .map_err(|_| missing(OPERATION, "the failure lacks its type or message"))?;
        self.0
            .put_job_failure_result()
            .job_id(job_id)
            .failure_details(details)
            .send()
            .await
            .map_err(|error| call_error(OPERATION, &error))?;
        Ok(())
    }
}

fn missing(operation: Operation, problem: &'static str) -> CallError {
    CallError::Malformed { operation, problem }
}

fn state_entries(stage: StageState) -> impl Iterator<Item = StateEntry> {
    let execution_id = stage.latest_execution.map(|execution| execution.pipeline_execution_id);
    let actions = stage.action_states.unwrap_or_default().into_iter();
    actions.filter_map(move |action| {
        let run = action.latest_execution?;
        Some(StateEntry {
            stage: stage.stage_name.clone(),
            execution_id: execution_id.clone(),
            action: action.action_name,
            status: status(run.status.as_ref()),
            last_status_change: run.last_status_change.and_then(timestamp),
            awaits_answer: run.token.is_some(),
            action_execution_id: run.action_execution_id?,
            last_updated_by: run.last_updated_by,
        })
    })
}

fn history_entry(detail: ActionExecutionDetail) -> HistoryEntry {
    let result = detail.output.and_then(|output| output.execution_result);
    let kind =
        detail.input.and_then(|input| input.action_type_id).map_or(ActionKind::Unknown, |id| {
            ActionKind::from_type_id(
                Some(id.category.as_str()),
                Some(id.owner.as_str()),
                Some(&id.provider),
            )
        });
    HistoryEntry {
        execution_id: detail.pipeline_execution_id,
        pipeline_version: detail.pipeline_version,
        attempt: Attempt {
            stage: detail.stage_name,
            action: detail.action_name,
            id: detail.action_execution_id,
            kind,
            status: status(detail.status.as_ref()),
            started: detail.start_time.and_then(timestamp),
            updated: detail.last_update_time.and_then(timestamp),
            answered: None,
            error: result
                .as_ref()
                .and_then(|result| result.error_details.as_ref())
                .and_then(|error| error.code.clone()),
            approver: Approver { history: detail.updated_by, state: None },
            revision: result
                .as_ref()
                .filter(|_| kind == ActionKind::Source)
                .and_then(|result| result.external_execution_id.clone()),
            comment: result.and_then(|result| result.external_execution_summary),
        },
    }
}

fn status(status: Option<&ActionExecutionStatus>) -> Status {
    Status::from_api(status.map(ActionExecutionStatus::as_str))
}

/// A time to the millisecond, the precision of CodePipeline. The reply has a floating-point number,
/// whose further digits mean nothing.
fn timestamp(at: sdk::primitives::DateTime) -> Option<Timestamp> {
    let exact = Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?;
    exact.round(jiff::Unit::Millisecond).ok()
}

/// Sorts the SDK's errors by what the gate does about them. From the body of a reply, only AWS's
/// error code and message are kept.
fn call_error<E: ProvideErrorMetadata>(operation: Operation, error: &SdkError<E>) -> CallError {
    let transient = |problem: &str| CallError::Transient { operation, problem: problem.to_owned() };
    match error {
        SdkError::TimeoutError(_) => transient("no reply in time"),
        SdkError::DispatchFailure(_) => transient("the request could not be sent"),
        SdkError::ResponseError(_) => transient("the reply could not be read"),
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or("an unknown error");
            let message = context.err().message().unwrap_or("without a message").to_owned();
            let status = context.raw().status().as_u16();
            match code {
                "AccessDeniedException" | "AccessDenied" => {
                    CallError::AccessDenied { operation, message }
                }
                "InvalidJobStateException" => CallError::AlreadyReported { operation },
                _ if status >= 500 || status == 429 || is_throttling(code) => transient(code),
                _ => CallError::Refused { operation, code: code.to_owned(), message },
            }
        }
        // No credentials or no region. A retry does not help.
        SdkError::ConstructionFailure(_) | _ => CallError::Refused {
            operation,
            code: "no request".to_owned(),
            message:
                "the request could not be made; are the function's credentials and region there?"
                    .to_owned(),
        },
    }
}
