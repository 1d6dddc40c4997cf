//! The port over the AWS SDK. Only this file names the SDK.

use facts::aws::call_error;
use facts::aws::sdk::Client;
use facts::aws::sdk::error::{ProvideErrorMetadata, SdkError};
use facts::aws::sdk::types::{Artifact, FailureDetails, FailureType};
use facts::{CallError, Operation};
use names::S3Uri;

use crate::failure::{Failure, FailureKind};
use crate::jobs::{
    Configuration, GET_JOB_DETAILS, InputArtifact, JobDetails, Jobs, PUT_JOB_FAILURE_RESULT,
    PUT_JOB_SUCCESS_RESULT, Reported, Success,
};

/// The worker of a job, through the AWS SDK.
#[derive(Clone, Debug)]
pub struct JobWorker(Client);

impl From<Client> for JobWorker {
    fn from(client: Client) -> Self {
        Self(client)
    }
}

impl<S: Success> Jobs<S> for JobWorker {
    async fn job_details(&self, job_id: &str) -> Result<JobDetails, CallError> {
        const OPERATION: Operation = GET_JOB_DETAILS;
        let reply = self.0.get_job_details().job_id(job_id).send().await;
        let details = reply
            .map_err(|error| call_error(OPERATION, &error))?
            .job_details
            .ok_or(missing(OPERATION, "`jobDetails` is missing"))?;
        // The reply also has `artifactCredentials`. Only the context, the configuration and the
        // places of the artifacts leave this function.
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
            artifacts: data.input_artifacts.unwrap_or_default().into_iter().map(artifact).collect(),
        })
    }

    async fn report_success(&self, job_id: &str, success: &S) -> Result<Reported, CallError> {
        let variables = success.output_variables().into_iter();
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let reply = self
            .0
            .put_job_success_result()
            .job_id(job_id)
            .set_output_variables(Some(variables.collect()))
            .send()
            .await;
        reported(PUT_JOB_SUCCESS_RESULT, reply)
    }

    async fn report_failure(&self, job_id: &str, failure: &Failure) -> Result<Reported, CallError> {
        const OPERATION: Operation = PUT_JOB_FAILURE_RESULT;
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
        let reply =
            self.0.put_job_failure_result().job_id(job_id).failure_details(details).send().await;
        reported(OPERATION, reply)
    }
}

fn reported<T, E>(
    operation: Operation,
    reply: Result<T, SdkError<E>>,
) -> Result<Reported, CallError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match reply {
        Ok(_) => Ok(Reported::Now),
        Err(SdkError::ServiceError(context))
            if context.err().code() == Some("InvalidJobStateException") =>
        {
            Ok(Reported::Already)
        }
        Err(error) => Err(call_error(operation, &error)),
    }
}

fn artifact(artifact: Artifact) -> InputArtifact {
    let place = artifact.location.and_then(|it| it.s3_location);
    let place = place.and_then(|it| S3Uri::new(&it.bucket_name, &it.object_key));
    InputArtifact { name: artifact.name, place: place.filter(|it| !it.key().is_empty()) }
}

fn missing(operation: Operation, problem: &'static str) -> CallError {
    CallError::Malformed { operation, problem }
}
