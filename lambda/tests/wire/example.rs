//! An execution whose first of two approvals came from alice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::wire::{Invocation, Reply, SECRET, invoke_under};

pub(crate) const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

fn attempt(action: &str, provider: (&str, &str), status: &str, by: Option<&str>) -> Value {
    json!({
        "pipelineExecutionId": EXECUTION, "actionExecutionId": format!("run-of-{action}"), "pipelineVersion": 1,
        "stageName": "Approve", "actionName": action, "startTime": 1_795_341_600.5, "lastUpdateTime": 1_795_341_660.25,
        "updatedBy": by, "status": status,
        "input": {"actionTypeId": {"category": provider.0, "owner": "AWS", "provider": provider.1, "version": "1"}},
        "output": {"executionResult": {"externalExecutionSummary": "fine"}}
    })
}

/// The replies about an execution. Alice approved ApprovalA, and ApprovalB ended as the parameters
/// say.
pub(crate) fn replies(status: &str, second: Option<&str>) -> Vec<(&'static str, Value)> {
    let manual = ("Approval", "Manual");
    let alice = "arn:aws:iam::111122223333:user/alice";
    vec![
        (
            "GetJobDetails",
            json!({"jobDetails": {"id": "x", "accountId": "111122223333", "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "gate", "UserParameters": "{\"quorum\": 2}"}},
            "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET, "sessionToken": "token"},
            "pipelineContext": {
                "pipelineName": "payments", "pipelineExecutionId": EXECUTION, "stage": {"name": "Approve"},
                "action": {"name": "Gate", "actionExecutionId": "run-of-Gate"}
            }}}}),
        ),
        (
            "ListActionExecutions",
            json!({"actionExecutionDetails": [
                attempt("Gate", ("Invoke", "Lambda"), "InProgress", None),
                attempt("ApprovalB", manual, status, second),
                attempt("ApprovalA", manual, "Succeeded", Some(alice)),
            ]}),
        ),
        (
            "GetPipelineState",
            json!({"pipelineName": "payments", "stageStates": [{"stageName": "Approve", "latestExecution": {"pipelineExecutionId": EXECUTION, "status": "InProgress"}, "actionStates": [
                {"actionName": "ApprovalA", "latestExecution": {"actionExecutionId": "run-of-ApprovalA", "status": "Succeeded", "lastUpdatedBy": alice}},
                {"actionName": "ApprovalB", "latestExecution": {"actionExecutionId": "run-of-ApprovalB", "status": status, "lastUpdatedBy": second}},
            ]}]}),
        ),
        (
            "GetPipelineExecution",
            json!({"pipelineExecution": {"trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:aws:iam::111122223333:user/carol"}}}),
        ),
    ]
}

/// Runs one invocation. `excludeInitiator` is set, so every operation is called.
pub(crate) fn invoke(event: &str, replies: Vec<Reply>) -> Invocation {
    invoke_under(r#"{"excludeInitiator": true}"#, Duration::from_secs(30), event, replies)
}
