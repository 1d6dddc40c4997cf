//! What the gate asks CodePipeline about its own job, and how it reports, in the gate's own types.

use std::future::Future;

use facts::{CallError, Operation};
use rule::Satisfied;

use crate::failure::Failure;

/// [`Jobs::job_details`]
pub const GET_JOB_DETAILS: Operation = Operation::codepipeline("GetJobDetails");
/// [`Jobs::report_success`]
pub const PUT_JOB_SUCCESS_RESULT: Operation = Operation::codepipeline("PutJobSuccessResult");
/// [`Jobs::report_failure`]
pub const PUT_JOB_FAILURE_RESULT: Operation = Operation::codepipeline("PutJobFailureResult");

/// The calls to CodePipeline that only the worker of a job makes. Each is one request, without
/// retries.
pub trait Jobs {
    /// GetJobDetails: the pipeline, stage and action of the job.
    fn job_details(&self, job_id: &str) -> impl Future<Output = Result<JobDetails, CallError>>;

    /// PutJobSuccessResult. INVARIANT (fail closed): it needs the proof of a satisfied decision,
    /// and only a decision can give that.
    fn report_success(
        &self,
        job_id: &str,
        satisfied: Satisfied<'_>,
    ) -> impl Future<Output = Result<Reported, CallError>>;

    /// PutJobFailureResult.
    fn report_failure(
        &self,
        job_id: &str,
        failure: &Failure,
    ) -> impl Future<Output = Result<Reported, CallError>>;
}

/// What CodePipeline says to a report that it understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// This is the job's result.
    Now,
    /// InvalidJobStateException: the job has its result already.
    Already,
}

/// The place and the configuration of the gate's own action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The account of the pipeline.
    pub account: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The gate's stage.
    pub stage: String,
    /// The gate's action.
    pub action: Option<String>,
    /// The id of the gate's own run. Needed if `execution_id` is missing.
    pub action_execution_id: Option<String>,
    /// The pipeline execution. The API model promises it only for custom actions.
    pub execution_id: Option<String>,
    /// The action's configuration, if the reply has one.
    pub configuration: Option<Configuration>,
}

/// The configuration of an action that invokes a Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `FunctionName`: a name, an ARN or a part of one.
    pub function_name: Option<String>,
    /// `UserParameters`, as they are in the reply.
    pub user_parameters: Option<String>,
}
