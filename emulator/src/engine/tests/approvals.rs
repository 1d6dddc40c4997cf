use serde_json::json;

use crate::engine::ErrorCode;
use crate::testing::{ALICE, Account, PIPELINE, approval, build, stage};

fn account() -> Account {
    let actions = [
        approval("ApprovalA"),
        approval("ApprovalB"),
        build("After", 2, "Succeeded"),
    ];
    Account::with_stages("SUPERSEDED", json!([stage("Review", &actions)]))
}

#[test]
fn two_approvals_let_the_execution_go_on() {
    let mut account = account();
    let id = account.start();
    assert_eq!(
        account.history(&id),
        ["Code Succeeded", "ApprovalA InProgress", "ApprovalB InProgress"]
    );
    account.approve("Review", "ApprovalA");
    assert_eq!(account.status(&id), "InProgress");
    account.approve("Review", "ApprovalB");
    assert_eq!(account.status(&id), "Succeeded");
    assert_eq!(account.history(&id).last().unwrap(), "After Succeeded");
}

#[test]
fn the_approver_and_the_comment_are_in_state_and_history() {
    let mut account = account();
    account.start();
    let token = account.action("Review", "ApprovalA")["token"].clone();
    account.wait(1);
    account.approve("Review", "ApprovalA");
    let executions = account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    let summary = &executions["pipelineExecutionSummaries"][0];
    let times = (&summary["startTime"], &summary["lastUpdateTime"]);
    assert_eq!(times, (&json!(1_767_225_600.0), &json!(1_767_225_660.0)));
    let state = account.action("Review", "ApprovalA");
    assert_eq!(
        (&state["lastUpdatedBy"], &state["summary"]),
        (&json!(ALICE), &json!("looks right"))
    );
    assert!(state.get("token").is_none());
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let run = &history["actionExecutionDetails"][1];
    assert_eq!(
        (&run["actionName"], &run["updatedBy"]),
        (&json!("ApprovalA"), &json!(ALICE))
    );
    let result = json!({"externalExecutionId": token, "externalExecutionSummary": "looks right"});
    assert_eq!(run["output"]["executionResult"], result);
}

#[test]
fn a_rejection_fails_the_stage_when_its_siblings_have_ended() {
    let mut account = account();
    let id = account.start();
    account.answer("Review", "ApprovalA", "Rejected").unwrap();
    assert_eq!(account.status(&id), "InProgress");
    account.approve("Review", "ApprovalB");
    assert_eq!(account.status(&id), "Failed");
    assert_eq!(account.stage("Review")["latestExecution"]["status"], "Failed");
    assert_eq!(account.history(&id).len(), 3, "nothing ran after the rejection");
}

#[test]
fn an_answer_must_fit() {
    let mut account = account();
    account.start();
    let token = account.action("Review", "ApprovalA")["token"].clone();
    let other = json!("ffffffff-0000-4000-8000-000000000000");
    let mut refused =
        |stage: &str, action: &str, token| account.answer_token(stage, action, "Approved", token).unwrap_err().code;
    assert_eq!(refused("Nowhere", "ApprovalA", &token), ErrorCode::StageNotFound);
    assert_eq!(refused("Review", "Nothing", &token), ErrorCode::ActionNotFound);
    assert_eq!(refused("Review", "ApprovalA", &other), ErrorCode::InvalidApprovalToken);
    assert_eq!(refused("Review", "ApprovalB", &token), ErrorCode::InvalidApprovalToken);
    account.approve("Review", "ApprovalA");
    let again = account
        .answer_token("Review", "ApprovalA", "Rejected", &token)
        .unwrap_err();
    assert_eq!(again.code, ErrorCode::ApprovalAlreadyCompleted);
}

#[test]
fn an_approval_waits_seven_days_or_as_long_as_it_says() {
    let mut short = approval("Short");
    short["timeoutInMinutes"] = json!(5);
    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[approval("Long"), short])]));
    let id = account.start();
    let due = account.service.engine.next_deadline().unwrap();
    assert_eq!(due.duration_since(account.now).as_mins(), 5);
    account.wait(4);
    assert_eq!(account.action("Review", "Short")["status"], "InProgress");
    account.wait(1);
    let short = account.action("Review", "Short");
    assert_eq!(
        (&short["status"], &short["errorDetails"]["code"]),
        (&json!("Failed"), &json!("TimeoutError"))
    );
    assert!(short.get("lastUpdatedBy").is_none(), "nobody rejected it");
    account.wait(7 * 24 * 60 - 6);
    assert_eq!(account.status(&id), "InProgress");
    account.wait(1);
    assert_eq!(account.status(&id), "Failed");
    assert_eq!(account.service.engine.next_deadline(), None);
}
