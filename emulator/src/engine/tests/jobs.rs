use serde_json::{Value, json};

use crate::engine::ErrorCode;
use crate::testing::{Account, PIPELINE, gate, pipeline, stage};

/// An account whose only execution waits for its gate, the execution's id, and the event.
fn waiting(user_parameters: &str) -> (Account, String, Value) {
    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[gate(user_parameters)])]));
    let id = account.start();
    let event = account.invoked()["CodePipeline.job"].clone();
    (account, id, event)
}

#[test]
fn the_event_has_no_pipeline_context_and_the_details_have() {
    let (mut account, id, event) = waiting("#{codepipeline.PipelineExecutionId} at #{Code.CommitId}");
    let commit = account.action("Source", "Code")["externalExecutionId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(commit.len(), 40);
    assert_eq!(event["accountId"], "111122223333");
    let configuration = &event["data"]["actionConfiguration"]["configuration"];
    assert_eq!(
        configuration,
        &json!({"FunctionName": "gate", "UserParameters": format!("{id} at {commit}")})
    );
    assert!(event["data"].get("pipelineContext").is_none());
    assert!(event["data"]["artifactCredentials"]["expirationTime"].is_i64());
    assert_eq!(
        event["data"]["inputArtifacts"][0]["location"]["s3Location"]["bucketName"],
        "artifacts"
    );

    let details = account.ok("GetJobDetails", json!({"jobId": event["id"]}))["jobDetails"].clone();
    let run = account.action("Review", "Gate")["actionExecutionId"].clone();
    assert_eq!(
        details["data"]["pipelineContext"],
        json!({
            "pipelineName": PIPELINE,
            "pipelineArn": "arn:aws:codepipeline:eu-west-1:111122223333:release",
            "pipelineExecutionId": id,
            "stage": {"name": "Review"},
            "action": {"name": "Gate", "actionExecutionId": run},
        })
    );
    let secret = |data: &Value| data["data"]["artifactCredentials"]["secretAccessKey"].clone();
    assert_eq!(secret(&details), secret(&event));
}

#[test]
fn bare_details_leave_the_execution_out() {
    let mut account = Account::with_details(true);
    let declared = pipeline("SUPERSEDED", json!([stage("Review", &[gate("x")])]));
    account.ok("CreatePipeline", json!({"pipeline": declared}));
    account.start();
    let job = account.invoked()["CodePipeline.job"]["id"].clone();
    let details = account.ok("GetJobDetails", json!({"jobId": job}));
    let context = details["jobDetails"]["data"]["pipelineContext"]
        .as_object()
        .unwrap()
        .clone();
    assert_eq!(context.keys().collect::<Vec<_>>(), ["action", "pipelineName", "stage"]);
}

#[test]
fn a_success_carries_its_summary_and_variables() {
    let (mut account, id, event) = waiting("x");
    let input = json!({
        "jobId": event["id"], "executionDetails": {"summary": "two persons"}, "outputVariables": {"Verdict": "satisfied"},
    });
    assert_eq!(account.ok("PutJobSuccessResult", input.clone()), Value::Null);
    assert_eq!(account.status(&id), "Succeeded");
    assert_eq!(account.action("Review", "Gate")["summary"], "two persons");
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let output = &history["actionExecutionDetails"][0]["output"];
    assert_eq!(output["outputVariables"], json!({"Verdict": "satisfied"}));
    assert_eq!(output["executionResult"]["externalExecutionSummary"], "two persons");
    assert_eq!(
        account.refused("PutJobSuccessResult", input),
        ErrorCode::InvalidJobState
    );
}

#[test]
fn a_failure_carries_its_type_and_message() {
    let (mut account, id, event) = waiting("x");
    let failure = json!({"type": "ConfigurationError", "message": "quorum must be at least 2"});
    account.ok(
        "PutJobFailureResult",
        json!({"jobId": event["id"], "failureDetails": failure}),
    );
    assert_eq!(account.status(&id), "Failed");
    let details = json!({"code": "ConfigurationError", "message": "quorum must be at least 2"});
    assert_eq!(account.action("Review", "Gate")["errorDetails"], details);
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let result = &history["actionExecutionDetails"][0]["output"]["executionResult"];
    assert_eq!(result["errorDetails"], details);
    assert_eq!(
        account.refused("PutJobSuccessResult", json!({"jobId": event["id"]})),
        ErrorCode::InvalidJobState
    );
}

#[test]
fn a_job_without_a_report_fails_after_twenty_minutes() {
    let (mut account, id, event) = waiting("x");
    account.wait(19);
    assert_eq!(account.status(&id), "InProgress");
    account.wait(1);
    assert_eq!(account.status(&id), "Failed");
    assert_eq!(account.action("Review", "Gate")["errorDetails"]["code"], "TimeoutError");
    assert_eq!(
        account.refused("PutJobSuccessResult", json!({"jobId": event["id"]})),
        ErrorCode::InvalidJobState
    );
}

#[test]
fn a_continuation_invokes_again_and_restarts_the_clock() {
    let (mut account, id, event) = waiting("x");
    account.wait(15);
    let more = json!({"jobId": event["id"], "continuationToken": "half way"});
    account.ok("PutJobSuccessResult", more.clone());
    let again = account.invoked()["CodePipeline.job"].clone();
    assert_eq!(again["data"]["continuationToken"], "half way");
    assert_ne!(again["id"], event["id"]);
    assert_eq!(account.refused("PutJobSuccessResult", more), ErrorCode::InvalidJobState);
    account.wait(15);
    assert_eq!(account.status(&id), "InProgress");
    let variables = json!({"jobId": again["id"], "continuationToken": "t", "outputVariables": {"a": "b"}});
    assert_eq!(account.refused("PutJobSuccessResult", variables), ErrorCode::Validation);
    account.ok("PutJobSuccessResult", json!({"jobId": again["id"]}));
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn a_job_that_keeps_asking_for_time_ends_within_a_day() {
    let (mut account, id, event) = waiting("x");
    let mut job = event["id"].clone();
    for _ in 0..24 * 4 - 1 {
        account.wait(15);
        account.ok(
            "PutJobSuccessResult",
            json!({"jobId": job, "continuationToken": "more"}),
        );
        job = account.invoked()["CodePipeline.job"]["id"].clone();
    }
    assert_eq!(account.status(&id), "InProgress");
    account.wait(15);
    assert_eq!(account.status(&id), "Failed");
}

#[test]
fn an_unknown_job_and_an_unresolved_variable_are_told() {
    let (mut account, id, event) = waiting("x");
    let unknown = json!({"jobId": "ffffffff-0000-4000-8000-000000000000"});
    assert_eq!(
        account.refused("GetJobDetails", unknown.clone()),
        ErrorCode::JobNotFound
    );
    assert_eq!(account.refused("PutJobSuccessResult", unknown), ErrorCode::JobNotFound);
    let big = json!({"jobId": event["id"], "outputVariables": {"a": "x".repeat(122_880)}});
    assert_eq!(
        account.refused("PutJobSuccessResult", big),
        ErrorCode::OutputVariablesSizeExceeded
    );
    assert_eq!(account.status(&id), "InProgress");

    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[gate("#{Nobody.Knows}")])]));
    let id = account.start();
    assert_eq!(account.status(&id), "Failed");
    let message = account.action("Review", "Gate")["errorDetails"]["message"].clone();
    assert!(message.as_str().unwrap().contains("'#{Nobody.Knows}'"), "{message}");
}
