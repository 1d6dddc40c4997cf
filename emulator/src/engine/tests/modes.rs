use serde_json::{Value, json};

use crate::engine::ErrorCode;
use crate::testing::{Account, PIPELINE, approval, build, gate, pipeline, stage};

fn account(mode: &str) -> Account {
    let stages = json!([
        stage("Review", &[approval("Approval")]),
        stage("Ship", &[build("Ship", 1, "Succeeded")])
    ]);
    Account::with_stages(mode, stages)
}

fn inbound(account: &mut Account) -> Vec<Value> {
    let inbound = account.stage("Review")["inboundExecutions"].as_array().unwrap().clone();
    inbound.into_iter().map(|execution| execution["pipelineExecutionId"].clone()).collect()
}

#[test]
fn superseded_keeps_the_newest_of_those_that_wait() {
    let mut account = account("SUPERSEDED");
    let (first, second) = (account.start(), account.start());
    assert_eq!(inbound(&mut account), [json!(second)]);
    let third = account.start();
    assert_eq!(inbound(&mut account), [json!(third)]);
    assert_eq!(account.status(&second), "Superseded");
    account.approve("Review", "Approval");
    assert_eq!(account.status(&first), "Succeeded");
    assert_eq!(account.stage("Review")["latestExecution"]["pipelineExecutionId"], json!(third));
    account.approve("Review", "Approval");
    assert_eq!(account.status(&third), "Succeeded");
}

#[test]
fn queued_lets_them_in_one_after_another() {
    let mut account = account("QUEUED");
    let (first, second, third) = (account.start(), account.start(), account.start());
    assert_eq!(inbound(&mut account), [json!(second), json!(third)]);
    for id in [&first, &second, &third] {
        assert_eq!(account.stage("Review")["latestExecution"]["pipelineExecutionId"], json!(id));
        account.approve("Review", "Approval");
        assert_eq!(account.status(id), "Succeeded");
    }
}

#[test]
fn parallel_executions_do_not_wait_and_show_their_tokens_in_the_history_alone() {
    let mut account = account("PARALLEL");
    let (first, second) = (account.start(), account.start());
    assert_eq!(inbound(&mut account), Vec::<Value>::new());
    assert!(account.action("Review", "Approval").get("token").is_none());
    let filter = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": first}});
    let history = account.ok("ListActionExecutions", filter);
    let token =
        &history["actionExecutionDetails"][0]["output"]["executionResult"]["externalExecutionId"];
    account.answer_token("Review", "Approval", "Approved", token).unwrap();
    assert_eq!(
        (account.status(&first), account.status(&second)),
        ("Succeeded".into(), "InProgress".into())
    );
}

#[test]
fn fifty_at_a_time_but_for_superseded() {
    for mode in ["QUEUED", "PARALLEL"] {
        let mut account = account(mode);
        for _ in 0..50 {
            account.start();
        }
        let refused = account.refused("StartPipelineExecution", json!({"name": PIPELINE}));
        assert_eq!(refused, ErrorCode::ConcurrentPipelineExecutionsLimitExceeded, "{mode}");
    }
}

#[test]
fn a_failed_stage_does_not_lock() {
    let mut account = account("SUPERSEDED");
    account.start();
    account.answer("Review", "Approval", "Rejected").unwrap();
    let second = account.start();
    assert_eq!(account.stage("Review")["latestExecution"]["pipelineExecutionId"], json!(second));
}

#[test]
fn an_execution_runs_the_version_that_it_started_with() {
    let stages =
        json!([stage("Review", &[gate("x")]), stage("Ship", &[build("Ship", 1, "Succeeded")])]);
    let mut account = Account::with_stages("SUPERSEDED", stages);
    let id = account.start();
    let job = account.invoked()["CodePipeline.job"]["id"].clone();
    let changed = pipeline("SUPERSEDED", json!([stage("Other", &[approval("Approval")])]));
    account.ok("UpdatePipeline", json!({"pipeline": changed}));
    account.ok("PutJobSuccessResult", json!({"jobId": job}));
    assert_eq!(account.status(&id), "Succeeded");
    assert_eq!(account.history(&id).last().unwrap(), "Ship Succeeded");
}

#[test]
fn creating_a_pipeline_starts_it() {
    let declared = pipeline("SUPERSEDED", json!([stage("Review", &[approval("Approval")])]));
    let mut account = Account::new();
    let id = account.created(declared);
    let got = account
        .ok("GetPipelineExecution", json!({"pipelineName": PIPELINE, "pipelineExecutionId": id}));
    let execution = &got["pipelineExecution"];
    let trigger = json!({"triggerType": "CreatePipeline", "triggerDetail": crate::testing::ALICE});
    assert_eq!(execution["trigger"], trigger);
    for absent in ["variables", "executionType", "statusSummary", "rollbackMetadata"] {
        assert!(execution.get(absent).is_none(), "{absent}");
    }
    let source = account.stage("Source")["actionStates"][0].clone();
    let revision = &source["currentRevision"]["revisionId"];
    let summary = format!("Amazon S3 version id: {}", revision.as_str().unwrap());
    let artifact = json!({"name": "App", "revisionId": revision, "revisionSummary": summary});
    assert_eq!(execution["artifactRevisions"], json!([artifact]));
    assert_eq!(source["entityUrl"], "https://console.aws.amazon.com/s3/home?region=eu-west-1#");
    assert_eq!(source["latestExecution"]["summary"], summary);
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn a_rule_of_eventbridge_starts_it_as_itself() {
    let mut account = account("SUPERSEDED");
    let rule = "arn:aws:events:eu-west-1:111122223333:rule/nightly";
    let start = json!({"name": PIPELINE}).to_string();
    let service = &mut account.service;
    let reply = service.call("StartPipelineExecution", start.as_bytes(), rule, account.now);
    let id = reply.unwrap().unwrap()["pipelineExecutionId"].clone();
    let got = account
        .ok("GetPipelineExecution", json!({"pipelineName": PIPELINE, "pipelineExecutionId": id}));
    let trigger = json!({"triggerType": "CloudWatchEvent", "triggerDetail": rule});
    assert_eq!(got["pipelineExecution"]["trigger"], trigger);
}

#[test]
fn a_source_finds_the_object_that_it_found_before() {
    let mut account = account("SUPERSEDED");
    let version = |account: &mut Account| {
        account.start();
        account.stage("Source")["actionStates"][0]["currentRevision"]["revisionId"].clone()
    };
    assert_eq!(version(&mut account), version(&mut account));
}

#[test]
fn who_started_it_and_with_what_is_told() {
    let mut declared = pipeline("SUPERSEDED", json!([stage("Review", &[approval("Approval")])]));
    declared["variables"] =
        json!([{"name": "Env", "defaultValue": "test"}, {"name": "Size", "defaultValue": "s"}]);
    let mut account = Account::new();
    account.create(declared);
    let input = json!({
        "name": PIPELINE, "clientRequestToken": "once", "variables": [{"name": "Env", "value": "prod"}],
        "sourceRevisions": [{"actionName": "Code", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "abc"}],
    });
    let id = account.ok("StartPipelineExecution", input.clone())["pipelineExecutionId"].clone();
    assert_eq!(
        account.ok("StartPipelineExecution", input)["pipelineExecutionId"],
        id,
        "the same request"
    );
    let got = account
        .ok("GetPipelineExecution", json!({"pipelineName": PIPELINE, "pipelineExecutionId": id}));
    let execution = &got["pipelineExecution"];
    let trigger =
        json!({"triggerType": "StartPipelineExecution", "triggerDetail": crate::testing::ALICE});
    assert_eq!(execution["trigger"], trigger);
    assert_eq!(execution["artifactRevisions"][0]["revisionId"], "abc");
    let variables =
        json!([{"name": "Env", "resolvedValue": "prod"}, {"name": "Size", "resolvedValue": "s"}]);
    assert_eq!(execution["variables"], variables);
    let undeclared = json!({"name": PIPELINE, "variables": [{"name": "Nope", "value": "x"}]});
    assert_eq!(account.refused("StartPipelineExecution", undeclared), ErrorCode::Validation);
}
