//! AWS's delays, as recorded.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::engine::{ErrorCode, Lag};
use crate::testing::{ALICE, Account, PIPELINE, approval, build, gate, pipeline, stage};

const SEED: u64 = 7;

/// An account with AWS's delays, and the first execution of its pipeline.
fn slow(actions: &[Value]) -> (Account, String) {
    let mut account = Account::with_lag(Lag::new(Lag::AWS, SEED));
    let id = account.created(pipeline("QUEUED", json!([stage("Review", actions)])));
    (account, id)
}

/// The same, after everything has opened that opens by itself.
fn open(actions: &[Value]) -> (Account, String) {
    let (mut account, id) = slow(actions);
    account.wait_seconds(20);
    (account, id)
}

fn run(account: &mut Account, action: &str) -> Value {
    let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
    let mut runs = history["actionExecutionDetails"].as_array().unwrap().iter();
    runs.find(|run| run["actionName"] == action).cloned().unwrap_or_default()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn seconds(time: Timestamp) -> f64 {
    f64::from(i32::try_from(time.as_second()).unwrap())
}

#[test]
fn an_answer_is_in_the_state_at_once_and_in_the_history_up_to_35_seconds_later() {
    let (mut account, id) = open(&[approval("Approval"), build("After", 2, "Succeeded")]);
    let answered = seconds(account.now);
    account.approve("Review", "Approval");
    let state = account.action("Review", "Approval");
    assert_eq!(
        (&state["status"], &state["lastStatusChange"]),
        (&json!("Succeeded"), &json!(answered))
    );
    assert_eq!(state["lastUpdatedBy"], ALICE);
    account.wait_seconds(15);
    let before = run(&mut account, "Approval");
    assert_eq!(
        (&before["status"], &before["lastUpdateTime"]),
        (&json!("InProgress"), &before["startTime"])
    );
    assert_eq!(before["output"], json!({"outputArtifacts": [], "outputVariables": {}}));
    assert!(before.get("updatedBy").is_none() && run(&mut account, "After").is_null());
    assert_eq!(account.stage("Review")["latestExecution"]["status"], "InProgress");
    account.wait_seconds(25);
    let after = run(&mut account, "Approval");
    assert_eq!((&after["status"], &after["updatedBy"]), (&json!("Succeeded"), &json!(ALICE)));
    let late = number(&after["lastUpdateTime"]) - answered;
    assert!((15.8..=35.0).contains(&late), "{late}");
    assert!(number(&run(&mut account, "After")["startTime"]) > number(&after["lastUpdateTime"]));
    let state = account.action("Review", "Approval");
    assert_eq!(state["lastStatusChange"], answered, "the state keeps the time of the answer");
    account.wait_seconds(5);
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn the_history_may_turn_two_answers_round() {
    let turned = (0..20).filter(|seed| {
        let mut account = Account::with_lag(Lag::new(Lag::AWS, *seed));
        account
            .created(pipeline("QUEUED", json!([stage("Review", &[approval("A"), approval("B")])])));
        account.wait_seconds(20);
        account.approve("Review", "A");
        account.now += SignedDuration::from_millis(350);
        account.answer("Review", "B", "Rejected").unwrap();
        account.wait_seconds(40);
        let [first, second] =
            ["A", "B"].map(|action| number(&run(&mut account, action)["lastUpdateTime"]));
        second < first
    });
    let turned = turned.count();
    assert!((3..=17).contains(&turned), "{turned} of 20");
}

#[test]
fn parallel_approvals_start_apart_and_their_tokens_come_late() {
    let (mut account, _) = slow(&[approval("A"), approval("B")]);
    account.wait_seconds(4);
    let [first, second] = ["A", "B"].map(|action| number(&run(&mut account, action)["startTime"]));
    assert!((0.286..0.291).contains(&(second - first)), "{first} {second}");
    let state = account.stage("Review");
    assert_eq!(state["latestExecution"]["status"], "InProgress");
    assert_eq!(state["actionStates"][0], json!({"actionName": "A"}), "no token yet");
    account.wait_seconds(8);
    assert_eq!(account.action("Review", "A")["token"], run(&mut account, "A")["actionExecutionId"]);
}

#[test]
fn an_execution_that_has_just_started_is_not_found_and_has_no_revisions() {
    let (mut account, id) = slow(&[approval("Approval")]);
    let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
    let error = account.call("GetPipelineExecution", input.clone()).unwrap_err();
    assert_eq!(error.code, ErrorCode::PipelineExecutionNotFound);
    let text =
        format!("Pipeline Execution with id '{id}' does not exist in pipeline with name 'release'");
    assert_eq!(error.message, text);
    let mut seen = Vec::new();
    for _ in 0..50 {
        account.now += SignedDuration::from_millis(100);
        if let Ok(found) = account.call("GetPipelineExecution", input.clone()) {
            seen.push(found["pipelineExecution"]["artifactRevisions"].as_array().unwrap().len());
        }
    }
    assert_eq!(seen.last(), Some(&1), "{seen:?}");
    assert!(seen.is_sorted(), "{seen:?}");
}

#[test]
fn a_report_ends_its_action_half_a_minute_later() {
    let (mut account, id) = slow(&[gate("x")]);
    account.wait_seconds(10);
    account.ok("GetPipelineState", json!({"name": PIPELINE}));
    let job = account.invoked()["CodePipeline.job"]["id"].clone();
    let reported = seconds(account.now);
    account.ok("PutJobSuccessResult", json!({"jobId": job}));
    account.wait_seconds(25);
    let state = account.action("Review", "Gate");
    assert_eq!(
        (&run(&mut account, "Gate")["status"], &state["status"]),
        (&json!("InProgress"), &json!("InProgress"))
    );
    account.ok("PutJobSuccessResult", json!({"jobId": job}));
    account.wait_seconds(10);
    let run = run(&mut account, "Gate");
    let late = number(&run["lastUpdateTime"]) - reported;
    assert!(run["status"] == "Succeeded" && (26.0..=30.0).contains(&late), "{run}");
    let changed = number(&account.action("Review", "Gate")["lastStatusChange"]);
    let later = changed - number(&run["lastUpdateTime"]);
    assert!((0.2..0.32).contains(&later), "of all but approvals the state is later: {later}");
    assert_eq!(account.status(&id), "Succeeded");
}

#[test]
fn after_a_retry_the_state_shows_the_old_attempt_then_none_then_the_new() {
    let (mut account, id) = open(&[approval("A"), approval("B")]);
    account.approve("Review", "A");
    account.answer("Review", "B", "Rejected").unwrap();
    account.wait_seconds(40);
    let old = account.action("Review", "B")["actionExecutionId"].clone();
    account.retry("Review", &id, "FAILED_ACTIONS").unwrap();
    let stage = account.stage("Review");
    assert_eq!(
        (&stage["latestExecution"]["status"], account.status(&id)),
        (&json!("InProgress"), "Failed".into())
    );
    assert_eq!(account.action("Review", "B")["actionExecutionId"], old);
    let attempts = account.history(&id).len();
    assert_eq!(attempts, 3, "the history lacks the new attempt");
    account.wait_seconds(1);
    assert_eq!(account.action("Review", "B"), Value::Null);
    assert_eq!(account.action("Review", "A")["status"], "Succeeded");
    account.wait_seconds(9);
    let new = account.action("Review", "B");
    assert!(new["token"].is_string() && new["actionExecutionId"] != old, "{new}");
    assert_eq!((account.history(&id).len(), account.status(&id)), (4, "InProgress".into()));
}

#[test]
fn an_abandoned_execution_is_stopped_step_by_step() {
    let (mut account, id) = open(&[approval("Approval")]);
    let token = account.action("Review", "Approval")["token"].clone();
    account.stop(&id, true).unwrap();
    let stage = account.stage("Review")["latestExecution"]["status"].clone();
    assert_eq!((stage, account.status(&id)), (json!("Stopping"), "InProgress".into()));
    assert_eq!(account.action("Review", "Approval")["token"], token);
    account.now += SignedDuration::from_millis(630);
    assert_eq!(account.stop(&id, true).unwrap_err().code, ErrorCode::PipelineExecutionNotStoppable);
    let late = account.answer_token("Review", "Approval", "Approved", &token).unwrap_err();
    assert_eq!(late.code, ErrorCode::InvalidApprovalToken);
    assert_eq!(account.stage("Review")["latestExecution"]["status"], "Stopped");
    assert_eq!(account.status(&id), "InProgress", "the execution's own status is later still");
    account.wait_seconds(3);
    let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
    let execution = account.ok("GetPipelineExecution", input)["pipelineExecution"].clone();
    assert_eq!(
        (&execution["status"], &execution["statusSummary"]),
        (&json!("Stopped"), &json!("enough"))
    );
}

#[test]
fn an_action_that_is_given_up_before_it_has_begun_does_not_end_before_it_starts() {
    let mut notifying = approval("A");
    notifying["configuration"] =
        json!({"NotificationArn": "arn:aws:sns:eu-west-1:111122223333:EmulatorDenied"});
    // A stop at once, which abandons the source; and a stop as soon as the approval has started.
    for (seed, awaited) in (0..100).flat_map(|seed| [(seed, 1), (seed, 2)]) {
        let mut account = Account::with_lag(Lag::new(Lag::AWS, seed));
        let stages = json!([stage("Review", std::slice::from_ref(&notifying))]);
        let id = account.created(pipeline("QUEUED", stages));
        let runs = |account: &Account| {
            account.service.engine.pipeline(PIPELINE).unwrap().executions[0].runs.len()
        };
        while runs(&account) < awaited {
            account.now += SignedDuration::from_millis(5);
            account.service.engine.tick(account.now);
        }
        account.stop(&id, true).unwrap();
        account.wait_seconds(10);
        let history = account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}));
        for run in history["actionExecutionDetails"].as_array().unwrap() {
            assert!(number(&run["lastUpdateTime"]) >= number(&run["startTime"]), "{seed}: {run}");
        }
    }
}

#[test]
fn a_refused_notification_is_in_the_state_before_it_is_in_the_history() {
    let mut notifying = approval("Approval");
    notifying["configuration"] =
        json!({"NotificationArn": "arn:aws:sns:eu-west-1:111122223333:EmulatorDenied"});
    let (mut account, id) = open(&[notifying]);
    assert_eq!(account.action("Review", "Approval")["errorDetails"]["code"], "PermissionError");
    assert_eq!(run(&mut account, "Approval")["status"], "InProgress");
    account.wait_seconds(30);
    assert_eq!(run(&mut account, "Approval")["status"], "Failed");
    assert_eq!(account.status(&id), "Failed");
}

#[test]
fn how_often_the_clock_ticks_does_not_matter() {
    let told = |ticks: i64| {
        let (mut account, id) =
            open(&[approval("A"), approval("B"), build("After", 2, "Succeeded")]);
        account.approve("Review", "A");
        account.approve("Review", "B");
        for _ in 0..ticks {
            account.now += SignedDuration::from_millis(60_000 / ticks);
            account.service.engine.tick(account.now);
        }
        assert_eq!(account.status(&id), "Succeeded");
        account.ok("ListActionExecutions", json!({"pipelineName": PIPELINE}))
    };
    assert_eq!(told(1), told(600));
}
