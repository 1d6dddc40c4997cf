//! `policygen evidence` with a history and CloudTrail's events.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::evidence::with_details;
use crate::history::{Saved, execution};
use crate::program::{Ran, policygen};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";

/// CloudTrail's event of an answer (AWS CloudTrail User Guide, "CloudTrail record contents").
fn event(slot: &str, principal: &str, time: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole", "arn": principal, "accountId": "111122223333",
            "sessionContext": {
                "sourceIdentity": if slot == "ApprovalA" { "s-4711" } else { "s-4712" },
                "attributes": {"creationDate": "2026-01-02T09:00:00Z", "mfaAuthenticated": "true"}
            }
        },
        "eventTime": time,
        "eventSource": "codepipeline.amazonaws.com",
        "eventName": "PutApprovalResult",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.30",
        "requestParameters": {
            "pipelineName": "payments", "stageName": "Approve", "actionName": slot,
            "token": format!("token-{slot}"), "result": {"status": "Approved", "summary": "reviewed"}
        },
        "eventID": format!("event-{slot}")
    })
}

fn both() -> Vec<Value> {
    vec![
        event("ApprovalA", ALICE, "2026-01-02T10:02:01Z"),
        event("ApprovalB", BOB, "2026-01-02T10:02:31Z"),
    ]
}

fn log(events: &[Value]) -> Value {
    json!({"Records": events})
}

fn evidence(saved: &Saved, trail: &Value, arguments: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    let events = directory.path().join("events.json");
    fs::write(&events, trail.to_string()).unwrap();
    let inputs = [
        "--input",
        &executions,
        "--input",
        &actions,
        "--cloudtrail-file",
        events.to_str().unwrap(),
    ];
    policygen(&[&["evidence", "--pipeline", "payments"], inputs.as_slice(), arguments].concat())
}

/// The newest execution, and the exit code.
fn newest(saved: &Saved, trail: &Value) -> (Value, i32) {
    let ran = evidence(saved, trail, &["--format", "json", "--fail-on", "note"]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (report["executions"][0].clone(), ran.code)
}

fn codes(execution: &Value) -> Vec<&str> {
    let exceptions = execution["exceptions"].as_array().unwrap().iter();
    exceptions.map(|exception| exception["code"].as_str().unwrap()).collect()
}

#[test]
fn an_approval_gets_what_cloudtrail_knows() {
    let looked_up = json!({"Events": both().iter().map(|event| json!({
        "EventId": "e", "EventName": "PutApprovalResult", "CloudTrailEvent": event.to_string()
    })).collect::<Vec<_>>()});
    for trail in [log(&both()), looked_up] {
        let (execution, code) = newest(&execution(), &trail);
        assert_eq!((&execution["verdict"], code), (&json!("satisfied"), 0));
        let expected = json!({
            "eventId": "event-ApprovalA", "at": "2026-01-02T10:02:01Z", "principal": ALICE, "sourceIdentity": "s-4711",
            "mfaAuthenticated": true, "sourceIpAddress": "192.0.2.7", "userAgent": "aws-cli/2.30"
        });
        assert_eq!(execution["approvals"][0]["cloudTrail"], expected);
    }
    for format in ["human", "csv", "html"] {
        let ran = evidence(&execution(), &log(&both()), &["--format", format]);
        let expected = "with a second factor, source identity s-4711, from 192.0.2.7";
        // Text for people is broken into lines.
        let shown = with_details(&ran.stdout);
        let words: Vec<&str> = shown.split_whitespace().collect();
        assert!(words.join(" ").contains(expected), "{format}: {}", ran.stdout);
    }
}

#[test]
fn another_principal_is_an_error() {
    let mut events = both();
    events[1]["userIdentity"]["arn"] = json!(ALICE);
    let (execution, code) = newest(&execution(), &log(&events));
    assert_eq!((&execution["verdict"], code), (&json!("error"), 10));
    assert_eq!(codes(&execution), ["principal-differs"]);
    let problem = execution["problem"].as_str().unwrap();
    assert!(problem.contains(ALICE) && problem.contains(BOB), "{problem}");
}

#[test]
fn an_event_that_is_not_this_answer_is_not_taken_for_it() {
    let change = |path: &str, value: Value| {
        let mut events = both();
        *events[1].pointer_mut(path).unwrap() = value;
        events[1]["requestParameters"].as_object_mut().unwrap().remove("token");
        events
    };
    for (what, events) in [
        ("another pipeline", change("/requestParameters/pipelineName", json!("refunds"))),
        ("another stage", change("/requestParameters/stageName", json!("Test"))),
        ("another answer", change("/requestParameters/result/status", json!("Rejected"))),
        ("another call", change("/eventName", json!("RetryStageExecution"))),
        ("another hour", change("/eventTime", json!("2026-01-02T11:02:31Z"))),
        ("more than a minute before", change("/eventTime", json!("2026-01-02T10:01:10Z"))),
        ("none", both()[..1].to_vec()),
    ] {
        let (execution, code) = newest(&execution(), &log(&events));
        assert_eq!((codes(&execution), code), (vec!["no-trail"], 10), "{what}");
        assert_eq!(execution["verdict"], "satisfied", "{what}");
    }
    let mut refused = both();
    refused.push(event("ApprovalB", ALICE, "2026-01-02T10:02:30Z"));
    refused[2]["errorCode"] = json!("AccessDenied");
    refused[2]["requestParameters"] = Value::Null;
    let (execution, code) = newest(&execution(), &log(&refused));
    assert_eq!((codes(&execution), code), (vec![], 0));
}

#[test]
fn without_a_token_the_nearest_event_in_time_is_the_one() {
    let mut saved = execution();
    for slot in ["ApprovalA", "ApprovalB"] {
        saved.action(slot)["output"]["executionResult"]
            .as_object_mut()
            .unwrap()
            .remove("externalExecutionId");
    }
    let (execution, code) = newest(&saved, &log(&both()));
    assert_eq!((codes(&execution), code), (vec![], 0));

    let mut a_minute_before = both();
    a_minute_before[1]["eventTime"] = json!("2026-01-02T10:01:30.123Z");
    let (execution, code) = newest(&saved, &log(&a_minute_before));
    assert_eq!((codes(&execution), code), (vec![], 0));

    saved.action("ApprovalB")["status"] = json!("Failed");
    for (answer, is_the_one) in [("Rejected", true), ("Approved", false)] {
        let mut events = both();
        events[1]["requestParameters"]["result"]["status"] = json!(answer);
        let (execution, _) = newest(&saved, &log(&events));
        assert_eq!(execution["approvals"][1]["cloudTrail"].is_object(), is_the_one, "{answer}");
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_refused() {
    let ran =
        evidence(&execution(), &json!({"Records": [{"eventName": "PutApprovalResult"}]}), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("an event of PutApprovalResult cannot be read"), "{}", ran.stderr);
}

/// In a PARALLEL pipeline several executions have the same approval open at the same time.
#[test]
fn an_answer_with_another_token_is_not_this_one() {
    let mut events = both();
    events[1]["requestParameters"]["token"] = json!("token-of-another-execution");
    let (execution, code) = newest(&execution(), &log(&events));
    assert_eq!((codes(&execution), code), (vec!["no-trail"], 10));
}
