use serde_json::{Value, json};

use crate::engine::{ErrorCode, Lag};
use crate::testing::{Account, PIPELINE, gate, pipeline, stage};

/// An account whose only execution waits for its gate, the id of the execution, and the event.
fn waiting(user_parameters: &str) -> (Account, String, Value) {
    let mut account =
        Account::with_stages("SUPERSEDED", json!([stage("Review", &[gate(user_parameters)])]));
    let id = account.start();
    let event = account.invoked()["CodePipeline.job"].clone();
    (account, id, event)
}

#[test]
fn the_event_has_no_pipeline_context_and_the_details_have() {
    let (mut account, id, event) =
        waiting("#{codepipeline.PipelineExecutionId} at #{Code.VersionId}");
    let version =
        account.action("Source", "Code")["externalExecutionId"].as_str().unwrap().to_owned();
    assert_eq!(version.len(), 32);
    assert_eq!(event["accountId"], "111122223333");
    let configuration = &event["data"]["actionConfiguration"]["configuration"];
    assert_eq!(
        configuration,
        &json!({"FunctionName": "gate", "UserParameters": format!("{id} at {version}")})
    );
    assert!(event["data"].get("pipelineContext").is_none());
    let expires = event["data"]["artifactCredentials"]["expirationTime"].as_i64().unwrap();
    assert_eq!(expires - account.now.as_millisecond(), 15 * 60_000);
    assert!(event["data"]["outputArtifacts"].as_array().unwrap().is_empty());
    let artifact = &event["data"]["inputArtifacts"][0];
    assert_eq!(artifact["location"]["s3Location"]["bucketName"], "artifacts");
    assert_eq!((&artifact["revision"], &artifact["name"]), (&json!(version), &json!("App")));

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
    let mut account = Account::with(true, Lag::none());
    account.created(pipeline("SUPERSEDED", json!([stage("Review", &[gate("x")])])));
    let job = account.invoked()["CodePipeline.job"]["id"].clone();
    let details = account.ok("GetJobDetails", json!({"jobId": job}));
    let context = details["jobDetails"]["data"]["pipelineContext"].as_object().unwrap().clone();
    assert_eq!(context.keys().collect::<Vec<_>>(), ["action", "pipelineName", "stage"]);
}

const LOG: &str = "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logStream:group=%252Faws%252Flambda%252Fgate";

fn newest(account: &mut Account) -> Value {
    account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}))["actionExecutionDetails"]
        [0]
    .clone()
}

#[test]
fn a_success_shows_its_variables_and_neither_its_summary_nor_its_external_id() {
    let (mut account, id, event) = waiting("x");
    let in_progress = newest(&mut account);
    assert_eq!(in_progress["output"], json!({"outputArtifacts": [], "outputVariables": {}}));
    let state = account.action("Review", "Gate");
    assert_eq!(
        (&state["externalExecutionId"], &state["externalExecutionUrl"]),
        (&json!("gate"), &json!(LOG))
    );
    let details = json!({"summary": "two persons", "externalExecutionId": "run-1"});
    let input = json!({
        "jobId": event["id"], "executionDetails": details, "outputVariables": {"Verdict": "satisfied"},
    });
    assert_eq!(account.ok("PutJobSuccessResult", input), Value::Null);
    assert_eq!(account.status(&id), "Succeeded");
    let state = account.action("Review", "Gate");
    assert!(state.get("summary").is_none() && state["externalExecutionId"] == "gate", "{state}");
    let output = newest(&mut account)["output"].clone();
    assert_eq!(output["outputVariables"], json!({"Verdict": "satisfied"}));
    assert_eq!(
        output["executionResult"],
        json!({"externalExecutionId": "gate", "externalExecutionUrl": LOG})
    );
}

#[test]
fn a_failure_has_its_message_in_the_state_and_as_the_summary_of_the_history() {
    let (mut account, id, event) = waiting("x");
    let failure = json!({"type": "ConfigurationError", "message": "quorum must be at least 2"});
    account.ok("PutJobFailureResult", json!({"jobId": event["id"], "failureDetails": failure}));
    assert_eq!(account.status(&id), "Failed");
    let details = json!({"code": "ConfigurationError", "message": "quorum must be at least 2"});
    let state = account.action("Review", "Gate");
    assert!(state["errorDetails"] == details && state.get("summary").is_none(), "{state}");
    let result = json!({
        "errorDetails": {"code": "ConfigurationError"}, "externalExecutionSummary": "quorum must be at least 2",
        "externalExecutionId": "gate", "externalExecutionUrl": LOG,
    });
    assert_eq!(newest(&mut account)["output"]["executionResult"], result);
}

/// The error for a report that is not accepted.
fn refusal(account: &mut Account, operation: &str, input: Value) -> String {
    let error = account.call(operation, input).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidJobState, "{error}");
    error.message
}

#[test]
fn the_same_report_is_accepted_again_and_another_is_not() {
    let same = |job: &Value| {
        format!(
            "The status of job with id {} is already set to the desired value. It cannot be updated with the same status, \
             but different result or output variables.",
            job.as_str().unwrap()
        )
    };
    let over =
        |job: &Value| format!("Job with id {} has already terminated", job.as_str().unwrap());
    let (mut account, id, event) = waiting("x");
    let job = &event["id"];
    let success = json!({"jobId": job, "outputVariables": {"Verdict": "satisfied"}});
    let failure = |message: &str| json!({"jobId": job, "failureDetails": {"type": "JobFailed", "message": message}});
    account.ok("PutJobSuccessResult", success.clone());
    account.ok("PutJobSuccessResult", success);
    assert_eq!(refusal(&mut account, "PutJobSuccessResult", json!({"jobId": job})), same(job));
    assert_eq!(refusal(&mut account, "PutJobFailureResult", failure("no")), over(job));
    assert_eq!(account.status(&id), "Succeeded");

    let (mut account, id, _) = waiting("x");
    account.ok("PutJobFailureResult", failure("no"));
    account.ok("PutJobFailureResult", failure("no"));
    assert_eq!(refusal(&mut account, "PutJobFailureResult", failure("never")), same(job));
    assert_eq!(refusal(&mut account, "PutJobSuccessResult", json!({"jobId": job})), over(job));
    assert_eq!(account.status(&id), "Failed");
}

#[test]
fn a_report_after_an_abandon_or_a_deletion_is_accepted_and_changes_nothing() {
    let (mut account, id, event) = waiting("x");
    account.stop(&id, true).unwrap();
    let before = newest(&mut account);
    assert_eq!(before["status"], "Abandoned");
    account.ok("PutJobSuccessResult", json!({"jobId": event["id"]}));
    account.wait(1);
    assert_eq!((account.status(&id), newest(&mut account)), ("Stopped".into(), before));

    let (mut account, _, event) = waiting("x");
    account.ok("DeletePipeline", json!({"name": PIPELINE}));
    account.ok("PutJobSuccessResult", json!({"jobId": event["id"]}));
    account.ok("DeletePipeline", json!({"name": PIPELINE}));
    let gone = account.call("GetPipeline", json!({"name": PIPELINE})).unwrap_err();
    assert_eq!(gone.message, "Account '111122223333' does not have a pipeline with name 'release'");
}

#[test]
fn an_action_whose_function_does_not_exist_fails_by_itself() {
    let mut missing = gate("x");
    missing["configuration"]["FunctionName"] = json!("EmulatorMissing");
    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[missing])]));
    let id = account.start();
    assert_eq!(account.status(&id), "Failed");
    let result = json!({
        "errorDetails": {"code": "ConfigurationError"},
        "externalExecutionSummary": "The AWS Lambda function EmulatorMissing does not exist.",
    });
    assert_eq!(newest(&mut account)["output"]["executionResult"], result);
}

#[test]
fn the_function_is_invoked_by_the_arn_of_the_name_that_the_action_gives() {
    use crate::engine::Effect;
    let live = "arn:aws:lambda:eu-west-1:111122223333:function:gate:live";
    for (name, arn) in
        [("gate", "arn:aws:lambda:eu-west-1:111122223333:function:gate"), (live, live)]
    {
        let mut action = gate("x");
        action["configuration"]["FunctionName"] = json!(name);
        let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[action])]));
        account.start();
        let Effect::Invoke { function, .. } = account.service.engine.take_effects().pop().unwrap();
        assert_eq!(function, arn);
    }
}

#[test]
fn a_job_without_a_report_fails_after_twenty_minutes() {
    let (mut account, id, event) = waiting("x");
    account.wait(19);
    assert_eq!(account.status(&id), "InProgress");
    account.wait(1);
    assert_eq!(account.status(&id), "Failed");
    assert_eq!(account.action("Review", "Gate")["errorDetails"]["code"], "TimeoutError");
    let late = refusal(&mut account, "PutJobSuccessResult", json!({"jobId": event["id"]}));
    assert!(late.ends_with("has already terminated"), "{late}");
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
    account.ok("PutJobSuccessResult", more);
    assert!(account.service.engine.take_effects().is_empty(), "once");
    let done = refusal(&mut account, "PutJobSuccessResult", json!({"jobId": event["id"]}));
    assert!(done.contains("is already set to the desired value"), "{done}");
    account.wait(15);
    assert_eq!(account.status(&id), "InProgress");
    let variables =
        json!({"jobId": again["id"], "continuationToken": "t", "outputVariables": {"a": "b"}});
    let both = account.call("PutJobSuccessResult", variables).unwrap_err();
    assert_eq!(both.code, ErrorCode::Validation);
    assert_eq!(
        both.message,
        "A job can not contain both a continuation token and output variables."
    );
    account.ok("PutJobSuccessResult", json!({"jobId": again["id"]}));
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn a_job_that_keeps_asking_for_time_ends_within_a_day() {
    let (mut account, id, event) = waiting("x");
    let mut job = event["id"].clone();
    for _ in 0..24 * 4 - 1 {
        account.wait(15);
        account.ok("PutJobSuccessResult", json!({"jobId": job, "continuationToken": "more"}));
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
    assert_eq!(account.refused("GetJobDetails", unknown.clone()), ErrorCode::JobNotFound);
    let missing = account.call("PutJobSuccessResult", unknown).unwrap_err();
    assert_eq!(
        missing.message,
        "Job with id 'ffffffff-0000-4000-8000-000000000000' does not exist"
    );
    let garbled = account.call("PutJobSuccessResult", json!({"jobId": "x"})).unwrap_err();
    assert!(garbled.message.contains("detected: Value at 'jobId' failed to satisfy"), "{garbled}");
    let big = json!({"jobId": event["id"], "outputVariables": {"a": "x".repeat(122_880)}});
    assert_eq!(account.refused("PutJobSuccessResult", big), ErrorCode::OutputVariablesSizeExceeded);
    assert_eq!(account.status(&id), "InProgress");

    let mut account =
        Account::with_stages("SUPERSEDED", json!([stage("Review", &[gate("#{Nobody.Knows}")])]));
    let id = account.start();
    assert_eq!(account.status(&id), "Failed");
    let message = account.action("Review", "Gate")["errorDetails"]["message"].clone();
    assert!(message.as_str().unwrap().contains("'#{Nobody.Knows}'"), "{message}");
}
