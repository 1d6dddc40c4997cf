//! `policygen doctor --facts`: one execution, looked at live, and a report without a name in it.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::evidence_live::{paged, serve};
use crate::history::{Saved, execution};
use crate::program::{Ran, command, ran};

const EXECUTION: &str = "11111111-1111-4111-8111-111111111111";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_01/carol@example.com";

/// What the gate logged of an invocation in which everything was as the gate hopes.
fn saw() -> Value {
    json!({"facts": {
        "getJobDetails": {"pipelineExecutionId": true, "actionName": true, "actionExecutionId": true, "functionName": true,
            "userParameters": "event"},
        "ownRunBy": "id",
    }})
}

/// An execution in which everything is as the gate hopes: ApprovalB was given through a role.
fn as_hoped() -> Saved {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!(SESSION);
    for slot in ["ApprovalA", "ApprovalB"] {
        let id = saved.action(slot)["actionExecutionId"].clone();
        saved.action(slot)["output"]["executionResult"]["externalExecutionId"] = id;
    }
    saved
}

/// The state after that execution: each approval answered `lag` seconds before it was noticed.
fn state(saved: &Saved, lag: i64) -> Value {
    let approvals = saved.actions.iter().filter(|action| action.get("updatedBy").is_some());
    let runs = approvals.map(|action| {
        let noticed: jiff::Timestamp = action["lastUpdateTime"].as_str().unwrap().parse().unwrap();
        json!({"actionName": action["actionName"], "latestExecution": {
            "actionExecutionId": action["actionExecutionId"], "lastUpdatedBy": action["updatedBy"], "status": "Succeeded",
            "lastStatusChange": noticed.as_second() - lag,
        }})
    });
    json!({"pipelineName": "payments", "stageStates": [{"stageName": "Approve", "actionStates": runs.collect::<Vec<_>>()}]})
}

fn facts(saved: Saved, state: Value, saw: &Value, format: &str) -> Ran {
    let url = serve(move |operation, body| match operation {
        "GetPipelineState" => (200, state.clone()),
        "ListPipelineExecutions" | "ListActionExecutions" => (200, paged(&saved, 10, operation, body)),
        other => panic!("{other} is not a read"),
    });
    let directory = TempDir::new().unwrap();
    let log = directory.path().join("gate.log");
    fs::write(&log, format!("START RequestId: x\n{saw}\nEND\n")).unwrap();
    let output = command()
        .envs([
            ("AWS_ACCESS_KEY_ID", "bob"),
            ("AWS_SECRET_ACCESS_KEY", "not-checked"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .args([
            "doctor",
            "--facts",
            "--pipeline",
            "payments",
            "--execution",
            EXECUTION,
            "--region",
            "eu-west-1",
        ])
        .args([
            "--endpoint-url",
            &url,
            "--format",
            format,
            "--log",
            log.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    ran(&output)
}

fn statuses(ran: &Ran) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let facts = report["facts"].as_array().unwrap().iter();
    facts.map(|fact| (text(&fact["fact"]), text(&fact["status"]))).collect()
}

#[test]
fn what_is_as_the_gate_hopes_holds_and_nothing_has_a_name() {
    let saved = as_hoped();
    let ran = facts(saved.clone(), state(&saved, 20), &saw(), "human");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!("facts", ran.stdout);
    for name in [
        "payments",
        "Approv",
        "alice",
        "carol",
        "111122223333",
        "11111111",
        "AWSReserved",
        "arn:",
    ] {
        assert!(!ran.stdout.contains(name), "{name}: {}", ran.stdout);
    }
}

#[test]
fn what_is_otherwise_is_said_with_what_follows() {
    type Change = fn(&mut Saved, &mut Value, &mut Value);
    let changes: [(&str, Change); 9] = [
        ("role-session-arn", |saved, _, _| {
            saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:role/Approver");
        }),
        ("one-approver", |_, state, _| {
            let run = &mut state["stageStates"][0]["actionStates"][0]["latestExecution"];
            run["lastUpdatedBy"] = json!("arn:aws:iam::111122223333:user/dave");
        }),
        ("token-is-the-attempt", |saved, _, _| {
            saved.action("ApprovalA")["output"]["executionResult"]["externalExecutionId"] = json!("other");
        }),
        ("noticing-lag", |saved, state, _| {
            *state = super::facts::state(saved, 90)
        }),
        ("timeout-code", |saved, _, _| {
            let approval = saved.action("ApprovalA");
            approval["status"] = json!("Failed");
            approval.as_object_mut().unwrap().remove("updatedBy");
            approval["output"]["executionResult"]["errorDetails"] = json!({"code": "TimeoutError"});
        }),
        ("job-execution", |_, _, saw| {
            saw["facts"]["getJobDetails"]["pipelineExecutionId"] = json!(false)
        }),
        ("job-configuration", |_, _, saw| {
            saw["facts"]["getJobDetails"]["functionName"] = json!(false)
        }),
        ("job-parameters", |_, _, saw| {
            saw["facts"]["getJobDetails"]["userParameters"] = json!("other")
        }),
        ("own-run", |_, _, saw| saw["facts"]["ownRunBy"] = json!("place")),
    ];
    for (fact, change) in changes {
        let (mut saved, mut saw) = (as_hoped(), saw());
        let mut state = state(&saved, 20);
        change(&mut saved, &mut state, &mut saw);
        let ran = facts(saved, state, &saw, "json");
        assert_eq!(ran.code, 10, "{fact}: {}{}", ran.stdout, ran.stderr);
        let failing: Vec<String> = statuses(&ran)
            .into_iter()
            .filter(|(_, status)| status == "does-not-hold")
            .map(|(fact, _)| fact)
            .collect();
        assert!(failing.contains(&fact.to_owned()), "{fact}: {failing:?}");
    }
}

#[test]
fn an_execution_that_is_not_there_is_an_error() {
    let mut saved = as_hoped();
    saved.executions.clear();
    let ran = facts(saved, json!({"stageStates": []}), &saw(), "json");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("has no execution"), "{}", ran.stderr);
}
