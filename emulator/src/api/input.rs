//! The typed inputs of the operations. The model has already accepted their values, so a member is
//! optional here only if it is optional in the model.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::engine::{RetryMode, SourceOverride};

#[derive(Deserialize)]
pub(super) struct CreatePipeline {
    pub(super) pipeline: Value,
    pub(super) tags: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct GetPipeline {
    pub(super) name: String,
    pub(super) version: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    pub(super) max_results: Option<usize>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartPipelineExecution {
    pub(super) name: String,
    #[serde(default)]
    pub(super) variables: Vec<Variable>,
    pub(super) client_request_token: Option<String>,
    #[serde(default)]
    pub(super) source_revisions: Vec<SourceOverride>,
}

#[derive(Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopPipelineExecution {
    pub(super) pipeline_name: String,
    pub(super) pipeline_execution_id: String,
    #[serde(default)]
    pub(super) abandon: bool,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPipelineExecution {
    pub(super) pipeline_name: String,
    pub(super) pipeline_execution_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListPipelineExecutions {
    pub(super) pipeline_name: String,
    #[serde(default)]
    pub(super) filter: ExecutionFilter,
    #[serde(flatten)]
    pub(super) paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionFilter {
    pub(super) succeeded_in_stage: Option<SucceededInStage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SucceededInStage {
    pub(super) stage_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListActionExecutions {
    pub(super) pipeline_name: String,
    #[serde(default)]
    pub(super) filter: ActionFilter,
    #[serde(flatten)]
    pub(super) paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionFilter {
    pub(super) pipeline_execution_id: Option<String>,
    pub(super) latest_in_pipeline_execution: Option<LatestInExecution>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LatestInExecution {
    pub(super) pipeline_execution_id: String,
    pub(super) start_time_range: StartTimeRange,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum StartTimeRange {
    Latest,
    All,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutApprovalResult {
    pub(super) pipeline_name: String,
    pub(super) stage_name: String,
    pub(super) action_name: String,
    pub(super) token: String,
    pub(super) result: ApprovalResult,
}

#[derive(Deserialize)]
pub(super) struct ApprovalResult {
    pub(super) summary: String,
    pub(super) status: ApprovalStatus,
}

#[derive(PartialEq, Eq, Deserialize)]
pub(super) enum ApprovalStatus {
    Approved,
    Rejected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetryStageExecution {
    pub(super) pipeline_name: String,
    pub(super) stage_name: String,
    pub(super) pipeline_execution_id: String,
    pub(super) retry_mode: RetryMode,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RollbackStage {
    pub(super) pipeline_name: String,
    pub(super) stage_name: String,
    pub(super) target_pipeline_execution_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetJobDetails {
    pub(super) job_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutJobSuccessResult {
    pub(super) job_id: String,
    pub(super) continuation_token: Option<String>,
    #[serde(default)]
    pub(super) output_variables: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutJobFailureResult {
    pub(super) job_id: String,
    pub(super) failure_details: FailureDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailureDetails {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
}
