use serde_json::json;

use crate::engine::ErrorCode;
use crate::testing::{ALICE, Account, PIPELINE, approval, build, pipeline, stage};

fn account() -> Account {
    let actions = [approval("ApprovalA"), approval("ApprovalB"), build("After", 2, "Succeeded")];
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
    assert_eq!(times, (&json!(1_767_225_600.0), &json!(1_767_225_600.0)));
    let state = account.action("Review", "ApprovalA");
    assert_eq!(
        (&state["lastUpdatedBy"], &state["summary"]),
        (&json!(ALICE), &json!("looks right"))
    );
    assert!(state.get("token").is_none());
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let run = &history["actionExecutionDetails"][1];
    assert_eq!(token, run["actionExecutionId"], "the token is the attempt's id");
    assert_eq!((&run["actionName"], &run["updatedBy"]), (&json!("ApprovalA"), &json!(ALICE)));
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
    let mut refused = |stage: &str, action: &str, token| {
        account.answer_token(stage, action, "Approved", token).unwrap_err().code
    };
    assert_eq!(refused("Nowhere", "ApprovalA", &token), ErrorCode::StageNotFound);
    assert_eq!(refused("Review", "Nothing", &token), ErrorCode::ActionNotFound);
    assert_eq!(refused("Review", "ApprovalA", &other), ErrorCode::InvalidApprovalToken);
    assert_eq!(refused("Review", "ApprovalB", &token), ErrorCode::InvalidApprovalToken);
    account.approve("Review", "ApprovalA");
    let again = account.answer_token("Review", "ApprovalA", "Rejected", &token).unwrap_err();
    assert_eq!(again.code, ErrorCode::ApprovalAlreadyCompleted);
    assert!(
        again.message.starts_with("The approval request that you responded to is already complete"),
        "{again}"
    );
}

#[test]
fn an_open_approval_shows_its_token_and_little_else() {
    let mut account = account();
    account.start();
    let state = account.action("Review", "ApprovalA");
    let token = &state["token"];
    assert_eq!(state, json!({"actionExecutionId": token, "status": "InProgress", "token": token}));
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let run = &history["actionExecutionDetails"][1];
    assert_eq!(run["output"], json!({"outputArtifacts": [], "outputVariables": {}}));
    assert!(run["startTime"] == run["lastUpdateTime"] && run.get("updatedBy").is_none(), "{run}");
    let type_id = json!({
        "__type": "ActionTypeId", "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1",
    });
    let input = json!({
        "actionTypeId": type_id, "configuration": {}, "resolvedConfiguration": {}, "inputArtifacts": [],
        "region": "eu-west-1",
    });
    assert_eq!(run["input"], input);
}

#[test]
fn an_answered_approval_has_no_token_and_no_error() {
    let mut account = account();
    account.start();
    account.answer("Review", "ApprovalA", "Rejected").unwrap();
    let state = account.action("Review", "ApprovalA");
    let expected = json!({
        "actionExecutionId": state["actionExecutionId"], "status": "Failed", "summary": "looks right",
        "lastStatusChange": 1_767_225_600.0, "lastUpdatedBy": ALICE,
    });
    assert_eq!(state, expected);
}

#[test]
fn an_empty_comment_names_who_answered() {
    let mut account = account();
    account.start();
    let token = account.action("Review", "ApprovalA")["token"].clone();
    account.answer_with("Review", "ApprovalA", "Approved", &token, "").unwrap();
    assert_eq!(account.action("Review", "ApprovalA")["summary"], format!("Approved by {ALICE}"));
}

/// A signature travels in the comment.
#[test]
fn a_comment_comes_back_as_it_was_given() {
    let words = "  ok,\tgo \u{2028}[2pr1.s.bmrQd4ily64.qljWt0H27SbmgjsnXhUVnw.AAAA] é𝄞\n ";
    let longest = format!("{words}{}", "é".repeat(512 - words.chars().count()));
    for (comment, status) in [(words, "Approved"), (longest.as_str(), "Rejected")] {
        let mut account = account();
        account.start();
        let token = account.action("Review", "ApprovalA")["token"].clone();
        let too_long = format!("{longest}x");
        let error = account.answer_with("Review", "ApprovalA", status, &token, &too_long);
        assert_eq!(error.unwrap_err().code, ErrorCode::Validation);
        account.answer_with("Review", "ApprovalA", status, &token, comment).unwrap();
        assert_eq!(account.action("Review", "ApprovalA")["summary"], comment);
        let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
        let result = &history["actionExecutionDetails"][1]["output"]["executionResult"];
        assert_eq!(result["externalExecutionSummary"], comment);
    }
}

#[test]
fn a_comment_that_is_required_must_be_there() {
    let mut required = approval("Approval");
    required["configuration"] =
        json!({"IsSummaryRequired": "true", "ExternalEntityLink": "https://example.com/1"});
    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[required])]));
    let id = account.start();
    let token = account.action("Review", "Approval")["token"].clone();
    for blank in ["", "   "] {
        let error =
            account.answer_with("Review", "Approval", "Approved", &token, blank).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidApprovalToken);
        let text = "Action 'Approval' in stage 'Review' requires a summary. Provide a summary in the approval result and \
                    try again.";
        assert_eq!(error.message, text);
    }
    assert_eq!(account.stage("Review")["actionStates"][0]["entityUrl"], "https://example.com/1");
    account.answer_with("Review", "Approval", "Approved", &token, "read it").unwrap();
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn an_update_cancels_open_approvals_and_hangs_the_execution() {
    let mut account = account();
    let id = account.start();
    account.approve("Review", "ApprovalA");
    let token = account.action("Review", "ApprovalB")["token"].clone();
    let more = [approval("ApprovalA"), approval("ApprovalB"), approval("ApprovalC")];
    let changed = pipeline("SUPERSEDED", json!([stage("Review", &more)]));
    account.ok("UpdatePipeline", json!({"pipeline": changed}));
    let canceled = json!({
        "actionExecutionId": token, "status": "Failed", "summary": "The approval action has been canceled.",
    });
    assert_eq!(account.action("Review", "ApprovalB"), canceled);
    let late = account.answer_token("Review", "ApprovalB", "Approved", &token).unwrap_err();
    assert_eq!(late.code, ErrorCode::InvalidApprovalToken);
    assert_eq!(
        late.message,
        "The pipeline release has been updated, and the approval request you responded to is now out of date."
    );
    account.wait(8 * 24 * 60);
    let expected = ["Code Succeeded", "ApprovalA Succeeded", "ApprovalB InProgress"];
    assert_eq!(
        (account.status(&id), account.history(&id)),
        ("InProgress".into(), expected.map(str::to_owned).to_vec())
    );
    account.stop(&id, true).unwrap();
    assert_eq!(account.status(&id), "Stopped");
}

#[test]
fn an_approval_whose_notification_is_refused_fails_and_nobody_has_answered() {
    let mut notifying = approval("Approval");
    notifying["configuration"] =
        json!({"NotificationArn": "arn:aws:sns:eu-west-1:111122223333:EmulatorDeniedOnce"});
    let mut account = Account::with_stages("SUPERSEDED", json!([stage("Review", &[notifying])]));
    let id = account.start();
    assert_eq!(account.status(&id), "Failed");
    let state = account.action("Review", "Approval");
    let token = &state["actionExecutionId"];
    let text = "The Pipeline or Action role does not have permission to publish to topics in Amazon SNS. Add the \
                sns:Publish permission to the role\u{2019}s policy, and then try again.";
    let error = json!({"code": "PermissionError", "message": text});
    assert_eq!(
        state,
        json!({"actionExecutionId": token, "status": "Failed", "errorDetails": error})
    );
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let run = &history["actionExecutionDetails"][0];
    let result = json!({
        "errorDetails": {"code": "PermissionError"}, "externalExecutionId": token, "externalExecutionSummary": text,
    });
    assert!(run["output"]["executionResult"] == result && run.get("updatedBy").is_none(), "{run}");
    let late = account.answer_token("Review", "Approval", "Approved", token).unwrap_err();
    assert_eq!(late.code, ErrorCode::ApprovalAlreadyCompleted);
    account.retry("Review", &id, "FAILED_ACTIONS").unwrap();
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn an_approval_waits_seven_days_or_as_long_as_it_says() {
    let mut short = approval("Short");
    short["timeoutInMinutes"] = json!(5);
    let mut account =
        Account::with_stages("SUPERSEDED", json!([stage("Review", &[approval("Long"), short])]));
    let id = account.start();
    let due = account.service.engine.next_event().unwrap();
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
    assert_eq!(account.service.engine.next_event(), None);
}
