use serde_json::json;

use crate::engine::ErrorCode;
use crate::testing::{Account, PIPELINE, approval, build, stage};

fn account() -> Account {
    let stages = json!([stage("Review", &[approval("Approval"), build("After", 2, "Succeeded")])]);
    Account::with_stages("SUPERSEDED", stages)
}

#[test]
fn abandoning_stops_at_once_and_the_stage_can_be_retried() {
    let mut account = account();
    let id = account.start();
    let token = account.action("Review", "Approval")["token"].clone();
    account.stop(&id, true).unwrap();
    assert_eq!(account.status(&id), "Stopped");
    assert_eq!(account.history(&id), ["Code Succeeded", "Approval Abandoned"]);
    assert_eq!(account.stage("Review")["latestExecution"]["status"], "Stopped");
    let late = account.answer_token("Review", "Approval", "Approved", &token).unwrap_err();
    assert_eq!(
        late.code,
        ErrorCode::InvalidApprovalToken,
        "AWS says so even though nothing was updated"
    );
    let state = account.action("Review", "Approval");
    let canceled = json!({
        "actionExecutionId": token, "status": "Abandoned", "summary": "The approval action has been canceled.",
    });
    assert_eq!(state, canceled);
    let listed = account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    assert_eq!(listed["pipelineExecutionSummaries"][0]["stopTrigger"], json!({"reason": "enough"}));
    account.retry("Review", &id, "FAILED_ACTIONS").unwrap();
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn without_abandoning_what_is_in_progress_ends_first() {
    let mut account = account();
    let id = account.start();
    account.stop(&id, false).unwrap();
    assert_eq!(account.status(&id), "Stopping");
    assert_eq!(account.stage("Review")["latestExecution"]["status"], "Stopping");
    assert_eq!(account.stop(&id, false).unwrap_err().code, ErrorCode::DuplicatedStopRequest);
    account.approve("Review", "Approval");
    assert_eq!(account.status(&id), "Stopped");
    assert_eq!(
        account.history(&id),
        ["Code Succeeded", "Approval Succeeded"],
        "nothing further started"
    );
    account.retry("Review", &id, "FAILED_ACTIONS").unwrap();
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn a_stop_can_turn_into_abandoning() {
    let mut account = account();
    let id = account.start();
    account.stop(&id, false).unwrap();
    account.stop(&id, true).unwrap();
    assert_eq!(account.status(&id), "Stopped");
    assert_eq!(account.stop(&id, true).unwrap_err().code, ErrorCode::PipelineExecutionNotStoppable);
    let unknown = account.stop("ffffffff-0000-4000-8000-000000000000", true).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::PipelineExecutionNotStoppable);
}

#[test]
fn a_waiting_execution_stops_and_lets_others_by() {
    let mut account = account();
    account.start();
    let waiting = account.start();
    account.stop(&waiting, false).unwrap();
    assert_eq!(account.status(&waiting), "Stopped");
    assert_eq!(account.stage("Review")["inboundExecutions"], json!([]));
    assert_eq!(
        account.retry("Review", &waiting, "ALL_ACTIONS").unwrap_err().code,
        ErrorCode::StageNotRetryable
    );
}
