use serde_json::json;

use crate::engine::ErrorCode;
use crate::testing::{Account, PIPELINE, approval, build, pipeline, stage};

fn rejected(mode: &str) -> (Account, String) {
    let stages = json!([stage(
        "Review",
        &[approval("ApprovalA"), approval("ApprovalB"), build("After", 2, "Succeeded")]
    )]);
    let mut account = Account::with_stages(mode, stages);
    let id = account.start();
    account.approve("Review", "ApprovalA");
    account.answer("Review", "ApprovalB", "Rejected").unwrap();
    assert_eq!(account.status(&id), "Failed");
    (account, id)
}

#[test]
fn failed_actions_reopens_only_what_failed() {
    let (mut account, id) = rejected("SUPERSEDED");
    account.retry("Review", &id, "FAILED_ACTIONS").unwrap();
    assert_eq!(
        account.history(&id),
        ["Code Succeeded", "ApprovalA Succeeded", "ApprovalB Failed", "ApprovalB InProgress"]
    );
    assert_eq!(account.action("Review", "ApprovalA")["status"], "Succeeded");
    account.approve("Review", "ApprovalB");
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn all_actions_starts_the_stage_again_and_keeps_the_history() {
    let (mut account, id) = rejected("SUPERSEDED");
    let before = account.action("Review", "ApprovalA")["actionExecutionId"].clone();
    account.retry("Review", &id, "ALL_ACTIONS").unwrap();
    assert_ne!(account.action("Review", "ApprovalA")["actionExecutionId"], before);
    account.approve("Review", "ApprovalA");
    account.approve("Review", "ApprovalB");
    assert_eq!(
        account.history(&id),
        [
            "Code Succeeded",
            "ApprovalA Succeeded",
            "ApprovalB Failed",
            "ApprovalA Succeeded",
            "ApprovalB Succeeded",
            "After Succeeded"
        ]
    );
    let metadata = json!({"manualStageRetryAttempt": 1, "latestRetryTrigger": "ManualStageRetry"});
    assert_eq!(account.stage("Review")["retryStageMetadata"], metadata);
    let latest = json!({"latestInPipelineExecution": {"pipelineExecutionId": id, "startTimeRange": "Latest"}});
    let newest =
        account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE, "filter": latest}));
    assert_eq!(
        newest["actionExecutionDetails"].as_array().unwrap().len(),
        4,
        "what was replaced is left out"
    );
}

#[test]
fn only_a_failed_stage_of_the_latest_execution_is_retried() {
    let (mut account, id) = rejected("SUPERSEDED");
    let mut code =
        |stage: &str, id: &str| account.retry(stage, id, "ALL_ACTIONS").unwrap_err().code;
    assert_eq!(code("Nowhere", &id), ErrorCode::StageNotFound);
    assert_eq!(code("Source", &id), ErrorCode::StageNotRetryable);
    assert_eq!(
        code("Review", "ffffffff-0000-4000-8000-000000000000"),
        ErrorCode::StageNotRetryable
    );
    account.start();
    let newer = account.retry("Review", &id, "ALL_ACTIONS").unwrap_err();
    assert_eq!(newer.code, ErrorCode::NotLatestPipelineExecution);
}

#[test]
fn in_a_parallel_pipeline_a_newer_execution_does_not_matter() {
    let stages = json!([stage("Test", &[build("Test", 1, "FailedOnce")])]);
    let mut account = Account::with_stages("PARALLEL", stages);
    let (first, second) = (account.start(), account.start());
    assert_eq!(
        (account.status(&first), account.status(&second)),
        ("Failed".into(), "Failed".into())
    );
    account.retry("Test", &first, "FAILED_ACTIONS").unwrap();
    assert_eq!(
        (account.status(&first), account.status(&second)),
        ("Succeeded".into(), "Failed".into())
    );
}

#[test]
fn a_changed_pipeline_is_not_retried() {
    let (mut account, id) = rejected("SUPERSEDED");
    let changed = pipeline("SUPERSEDED", json!([stage("Review", &[approval("ApprovalA")])]));
    account.ok("UpdatePipeline", json!({"pipeline": changed}));
    let error = account.retry("Review", &id, "ALL_ACTIONS").unwrap_err();
    assert_eq!(error.code, ErrorCode::StageNotRetryable);
    assert!(
        error.message.contains("ran version 1 of the pipeline, which is now at version 2"),
        "{error}"
    );
}

#[test]
fn a_stage_that_retries_by_itself_does_so_once_a_visit() {
    let mut review = stage("Review", &[approval("Approval")]);
    review["onFailure"] =
        json!({"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}});
    let mut account = Account::with_stages("SUPERSEDED", json!([review]));
    let id = account.start();
    for (status, answers) in [("InProgress", 1), ("Failed", 2)] {
        account.answer("Review", "Approval", "Rejected").unwrap();
        assert_eq!(account.status(&id), status, "after {answers} rejections");
    }
    let metadata = json!({"autoStageRetryAttempt": 1, "latestRetryTrigger": "AutomatedStageRetry"});
    assert_eq!(account.stage("Review")["retryStageMetadata"], metadata);
    account.retry("Review", &id, "ALL_ACTIONS").unwrap();
    account.answer("Review", "Approval", "Rejected").unwrap();
    assert_eq!(account.status(&id), "InProgress");
}

#[test]
fn failed_once_fails_once_in_an_execution() {
    let stages = json!([stage(
        "Test",
        &[build("A", 1, "FailedOnce"), build("B", 1, "Succeeded"), build("C", 2, "Failed")]
    )]);
    let mut account = Account::with_stages("SUPERSEDED", stages);
    let id = account.start();
    account.retry("Test", &id, "FAILED_ACTIONS").unwrap();
    assert_eq!(
        account.history(&id),
        ["Code Succeeded", "A Failed", "B Succeeded", "A Succeeded", "C Failed"]
    );
}
