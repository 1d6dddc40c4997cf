//! What a function asks CodePipeline about its own job, and how it reports, in our own types.

use std::future::Future;

use facts::{CallError, Operation};
use names::S3Uri;

use crate::failure::Failure;

/// [`Jobs::job_details`]
pub const GET_JOB_DETAILS: Operation = Operation::codepipeline("GetJobDetails");
/// [`Jobs::report_success`]
pub const PUT_JOB_SUCCESS_RESULT: Operation = Operation::codepipeline("PutJobSuccessResult");
/// [`Jobs::report_failure`]
pub const PUT_JOB_FAILURE_RESULT: Operation = Operation::codepipeline("PutJobFailureResult");

/// The calls to CodePipeline that only the worker of a job makes. Each is one request, without
/// retries.
///
/// INVARIANT (fail closed): `S` is all that can be reported as a success. A program makes it a type
/// that only what proves the success can become.
pub trait Jobs<S> {
    /// GetJobDetails: the pipeline, stage and action of the job.
    fn job_details(&self, job_id: &str) -> impl Future<Output = Result<JobDetails, CallError>>;

    /// PutJobSuccessResult.
    fn report_success(
        &self,
        job_id: &str,
        success: &S,
    ) -> impl Future<Output = Result<Reported, CallError>>;

    /// PutJobFailureResult.
    fn report_failure(
        &self,
        job_id: &str,
        failure: &Failure,
    ) -> impl Future<Output = Result<Reported, CallError>>;
}

/// What a success says to the rest of the pipeline.
pub trait Success {
    /// The output variables: name and value. Names are `[A-Za-z0-9@\-_]+` (CodePipeline API model,
    /// `OutputVariablesKey`).
    fn output_variables(&self) -> Vec<(&'static str, String)>;
}

/// What CodePipeline says to a report that it understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// This is the job's result.
    Now,
    /// InvalidJobStateException: the job has its result already.
    Already,
}

/// The place and the configuration of the job's own action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The account of the pipeline.
    pub account: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The stage of the action.
    pub stage: String,
    /// The action's name.
    pub action: Option<String>,
    /// The id of the action's run. Needed if `execution_id` is missing.
    pub action_execution_id: Option<String>,
    /// The pipeline execution. The API model promises it only for custom actions.
    pub execution_id: Option<String>,
    /// The action's configuration, if the reply has one.
    pub configuration: Option<Configuration>,
    /// The artifacts that the pipeline gives the action.
    pub artifacts: Vec<InputArtifact>,
}

/// An artifact that the pipeline gives an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputArtifact {
    /// Its name in the pipeline: `BuildOutput`.
    pub name: Option<String>,
    /// Where it is. `None` if the reply does not name an object of S3.
    pub place: Option<S3Uri>,
}

/// The configuration of an action that invokes a Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `FunctionName`: a name, an ARN or a part of one.
    pub function_name: Option<String>,
    /// `UserParameters`, as they are in the reply.
    pub user_parameters: Option<String>,
}
