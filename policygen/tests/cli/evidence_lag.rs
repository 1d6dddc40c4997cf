//! `policygen evidence` with the delays of the real service: CodePipeline notices an answer 16 to
//! 35 seconds after it was given, and the report of a Lambda action about 30 seconds after it was
//! sent.

use serde_json::{Value, json};

use crate::evidence::evidence;
use crate::history::{Saved, at, execution};

/// A history where the gate ran from 10:03:00 until 10:03:32 and the release began then.
fn delayed() -> Saved {
    let mut saved = execution();
    saved.action("Gate")["lastUpdateTime"] = json!(at(3, 32));
    saved
}

/// The same history with a refusal. The message of the failure is the summary of the execution.
fn refused() -> Saved {
    let mut saved = delayed();
    saved.actions.retain(|action| action["actionName"] != "Deploy");
    saved.executions[0]["status"] = json!("Failed");
    let gate = saved.action("Gate");
    gate["status"] = json!("Failed");
    gate["output"] = json!({"outputVariables": {}, "executionResult": {"errorDetails": {"code": "JobFailed"},
        "externalExecutionId": "two-person-rule-gate",
        "externalExecutionSummary": "Refused: 1 distinct person counted, 2 required (execution x)."}});
    saved
}

/// Verdict and exceptions of the newest execution.
fn verdict(saved: Saved) -> (String, Vec<String>) {
    let ran = evidence(saved, &["--format", "json"]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let newest = &report["executions"][0];
    let codes = newest["exceptions"].as_array().unwrap().iter();
    let codes = codes.map(|exception| exception["code"].as_str().unwrap().to_owned());
    (newest["verdict"].as_str().unwrap().to_owned(), codes.collect())
}

fn is(verdict: &str, codes: &[&str]) -> (String, Vec<String>) {
    (verdict.to_owned(), codes.iter().map(|code| (*code).to_owned()).collect())
}

/// The approval was open while the gate ran. CodePipeline noticed its answer after the gate had
/// refused, and before the history showed the refusal.
#[test]
fn an_answer_that_was_noticed_after_the_gate_had_refused_does_not_contradict_it() {
    let mut saved = refused();
    saved.action("ApprovalB")["lastUpdateTime"] = json!(at(3, 20));
    assert_eq!(verdict(saved), is("unsatisfied", &[]));
    // The gate saw an answer that was noticed before it ran.
    assert_eq!(verdict(refused()), is("satisfied", &["verdict-differs"]));
}

/// The gate may have waited for that answer, which was given before anything was released.
#[test]
fn an_answer_that_was_noticed_while_the_gate_ran_is_one_that_it_may_have_seen() {
    let mut saved = delayed();
    saved.action("ApprovalB")["lastUpdateTime"] = json!(at(3, 20));
    assert_eq!(verdict(saved), is("satisfied", &[]));
    let mut late = delayed();
    late.action("ApprovalB")["lastUpdateTime"] = json!(at(3, 33));
    assert_eq!(verdict(late).0, "unsatisfied", "noticed after the end, it was not");
}

#[test]
fn a_rejection_that_was_noticed_while_the_gate_ran_counts_against_it() {
    let mut saved = delayed();
    let rejected = saved.action("ApprovalB");
    rejected["lastUpdateTime"] = json!(at(3, 20));
    rejected["status"] = json!("Failed");
    assert_eq!(verdict(saved), is("unsatisfied", &["unsatisfied-release", "verdict-differs"]));
}

/// Enough people had approved for a moment, and not any more when the gate began.
#[test]
fn a_rejection_that_was_noticed_before_the_gate_ran_contradicts_its_success() {
    let mut saved = delayed();
    let mut rejected = saved.action("ApprovalB").clone();
    for (member, value) in [
        ("actionName", json!("Third")),
        ("actionExecutionId", json!("Third-1")),
        ("status", json!("Failed")),
        ("startTime", json!(at(2, 40))),
        ("lastUpdateTime", json!(at(2, 45))),
    ] {
        rejected[member] = value;
    }
    saved.actions.push(rejected);
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"actions": ["ApprovalA", "ApprovalB"]}"#);
    assert_eq!(verdict(saved), is("unsatisfied", &["unsatisfied-release", "verdict-differs"]));
}

/// Enough people had approved when the gate began, and it said so. Then somebody rejected another
/// approval, beside the gate. That stops the stage, and the gate did nothing wrong.
#[test]
fn a_rejection_that_the_gate_may_not_have_seen_does_not_contradict_its_report() {
    let mut released = delayed();
    let mut hold = released.action("ApprovalB").clone();
    hold["actionName"] = json!("Hold");
    hold["actionExecutionId"] = json!("run-of-Hold");
    hold["startTime"] = released.action("Gate")["startTime"].clone();
    hold["lastUpdateTime"] = json!(at(3, 20));
    hold["status"] = json!("Failed");
    released.actions.push(hold);
    let gate = released.action("Gate");
    gate["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"actions": ["ApprovalA", "ApprovalB"]}"#);
    let mut stopped = released.clone();
    stopped.actions.retain(|action| action["actionName"] != "Deploy");
    stopped.executions[0]["status"] = json!("Failed");
    assert_eq!(verdict(stopped), is("unsatisfied", &[]));
    // If the release went on although somebody said no, an auditor should know.
    assert_eq!(verdict(released.clone()), is("unsatisfied", &["unsatisfied-release"]));
    // The last answer may also have come while the gate ran, before the rejection.
    released.action("ApprovalB")["lastUpdateTime"] = json!(at(3, 10));
    released.action("Hold")["startTime"] = json!(at(3, 15));
    assert_eq!(verdict(released), is("unsatisfied", &["unsatisfied-release"]));
}

/// A last look behind the gate takes half an hour, and by then the approvals that the gate judged
/// are too old.
#[test]
fn an_approval_behind_the_gate_is_not_one_that_was_asked_for_again() {
    let mut saved = delayed();
    let mut confirm = saved.action("ApprovalB").clone();
    confirm["actionName"] = json!("Confirm");
    confirm["actionExecutionId"] = json!("run-of-Confirm");
    confirm["startTime"] = json!(at(3, 33));
    confirm["lastUpdateTime"] = json!(at(33, 0));
    saved.actions.push(confirm);
    let deploy = saved.action("Deploy");
    deploy["startTime"] = json!(at(33, 1));
    deploy["lastUpdateTime"] = json!(at(34, 0));
    saved.executions[0]["lastUpdateTime"] = json!(at(34, 1));
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"actions": ["ApprovalA", "ApprovalB"], "maxAgeMinutes": 10}"#);
    assert_eq!(verdict(saved), is("satisfied", &["released-long-after-approval"]));
}

/// An answer that was noticed at 10:02:00 may be a minute older, so it was two minutes old if the
/// gate decided at 10:03:00. At 10:03:32, the end that the history shows, it would be too old.
#[test]
fn the_age_of_an_approval_is_not_measured_by_the_lateness_of_the_history() {
    let mut saved = delayed();
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"maxAgeMinutes": 2}"#);
    assert_eq!(verdict(saved.clone()), is("satisfied", &[]));
    // A gate that ran longer may have decided when the approval was too old.
    saved.action("Gate")["lastUpdateTime"] = json!(at(3, 59));
    assert_eq!(verdict(saved).0, "unsatisfied");
}

/// UserParameters that name another stage would point the gate at other approvals.
#[test]
fn parameters_that_name_another_stage_are_an_error_and_no_verdict() {
    let with = |stage: &str| {
        let mut saved = delayed();
        saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
            json!(json!({"stage": stage}).to_string());
        verdict(saved)
    };
    assert_eq!(with("QA"), is("error", &["not-evaluated"]));
    assert_eq!(with("Approve"), is("satisfied", &[]));
}
