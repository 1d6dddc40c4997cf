//! The gate over replies of the real service (`tests/recorded`), through the AWS SDK.
//!
//! GetJobDetails of a Lambda job was not recorded, and no recorded pipeline has a gate. The details
//! are synthetic. So is the gate's own run, which has the shape of another function's run that was
//! recorded while it was in progress. The recordings have one user. If a test needs two, it changes
//! the user of an answer.

#![cfg(test)]

mod wire;

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wire::{Invocation, SECRET, event, invoke_under, well};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const GATE: &str = "Gate";
const OWN_RUN: &str = "0a0a0a0a-0000-4000-8000-000000000001";
const TIMES: [&str; 5] = ["startTime", "lastUpdateTime", "lastStatusChange", "created", "updated"];
const DEFAULT: &str = "{}";
const EXCLUDE_INITIATOR: &str = r#"{"excludeInitiator": true}"#;

/// A recording's reply, by its number, as it was on the wire.
fn reply(name: &str, number: usize) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/recorded/{name}.json"));
    let recording: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut output = recording["calls"][number]["output"].clone();
    from_sdk(&mut output);
    output
}

/// Turns times that an SDK gave as text into numbers, as on the wire.
fn from_sdk(value: &mut Value) {
    if let Some(members) = value.as_array_mut() {
        members.iter_mut().for_each(from_sdk);
    } else if let Some(members) = value.as_object_mut() {
        for (name, member) in members {
            match member.as_str().filter(|_| TIMES.contains(&name.as_str())) {
                Some(text) => {
                    *member =
                        json!(text.parse::<Timestamp>().unwrap().as_millisecond() as f64 / 1000.0)
                }
                None => from_sdk(member),
            }
        }
    }
}

/// What the gate reads about one execution. The gate is the last action of the stage.
#[derive(Clone)]
struct Told {
    stage: &'static str,
    /// One history, or several that are read one after the other.
    histories: Vec<Vec<Value>>,
    state: Value,
    execution: Value,
}

impl Told {
    /// From a recording, by the numbers of its replies to ListActionExecutions, GetPipelineState
    /// and GetPipelineExecution.
    fn by(
        name: &str,
        stage: &'static str,
        histories: &[usize],
        state: usize,
        execution: usize,
    ) -> Self {
        let history = |number: &usize| {
            reply(name, *number)["actionExecutionDetails"].as_array().unwrap().clone()
        };
        Self {
            stage,
            histories: histories.iter().map(history).collect(),
            state: reply(name, state),
            execution: reply(name, execution),
        }
    }

    /// As it was before this stage.
    fn before(mut self, stage: &str) -> Self {
        for history in &mut self.histories {
            history.retain(|attempt| attempt["stageName"] != stage);
        }
        self
    }

    /// An attempt in the last history, by the beginning of its id.
    fn attempt(&mut self, id: &str) -> &mut Value {
        let history = self.histories.last_mut().unwrap();
        let starts =
            |attempt: &&mut Value| attempt["actionExecutionId"].as_str().unwrap().starts_with(id);
        history.iter_mut().find(starts).unwrap()
    }

    /// The state of an action of the stage.
    fn state_of(&mut self, action: &str) -> &mut Value {
        let stages = self.state["stageStates"].as_array_mut().unwrap();
        let stage = stages.iter_mut().find(|stage| stage["stageName"] == self.stage).unwrap();
        let actions = stage["actionStates"].as_array_mut().unwrap();
        actions.iter_mut().find(|state| state["actionName"] == action).unwrap()
    }

    /// An answer in the history and in the state, in AWS's shape.
    fn answered(mut self, id: &str, status: &str, by: &str) -> Self {
        let attempt = self.attempt(id);
        let (action, whole) = (attempt["actionName"].clone(), attempt["actionExecutionId"].clone());
        attempt["status"] = json!(status);
        attempt["updatedBy"] = json!(by);
        attempt["output"]["executionResult"] =
            json!({"externalExecutionId": whole, "externalExecutionSummary": "reviewed"});
        let started = attempt["startTime"].as_f64().unwrap();
        if attempt["lastUpdateTime"] == attempt["startTime"] {
            attempt["lastUpdateTime"] = json!(started + 40.0);
        }
        let latest = json!({
            "actionExecutionId": whole, "status": status, "summary": "reviewed", "lastUpdatedBy": by,
            "lastStatusChange": started + 10.0,
        });
        self.state_of(action.as_str().unwrap())["latestExecution"] = latest;
        self
    }

    /// The gate's report under a rule.
    fn judged(&self, rule: &str) -> Invocation {
        let execution = &self.execution["pipelineExecution"]["pipelineExecutionId"];
        let configuration = json!({"FunctionName": "gate"});
        let details = json!({"jobDetails": {"id": "x", "accountId": "111122223333", "data": {
            "actionConfiguration": {"configuration": configuration},
            "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET, "sessionToken": "token"},
            "pipelineContext": {
                "pipelineName": "payments", "pipelineExecutionId": execution, "stage": {"name": self.stage},
                "action": {"name": GATE, "actionExecutionId": OWN_RUN}
            }
        }}});
        let mut own_run = reply("lambda-job-abandoned", 3)["actionExecutionDetails"][0].take();
        assert_eq!(own_run["status"], "InProgress");
        own_run["pipelineExecutionId"] = execution.clone();
        own_run["actionExecutionId"] = json!(OWN_RUN);
        own_run["stageName"] = json!(self.stage);
        own_run["actionName"] = json!(GATE);
        own_run["input"]["configuration"] = configuration.clone();
        let mut replies = vec![("GetJobDetails", details)];
        for history in &self.histories {
            let attempts: Vec<&Value> = [&own_run].into_iter().chain(history).collect();
            replies.push(("ListActionExecutions", json!({"actionExecutionDetails": attempts})));
        }
        replies.push(("GetPipelineState", self.state.clone()));
        replies.push(("GetPipelineExecution", self.execution.clone()));
        let mut event = event();
        event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"] = configuration;
        invoke_under(rule, Duration::from_secs(30), &event.to_string(), well(replies))
    }
}

/// The report: `Ok` with the output variables, or the failure's type and message.
fn reported(invocation: &Invocation) -> Result<&Value, (&str, &str)> {
    let reports: Vec<_> =
        invocation.calls.iter().filter(|(name, _)| name.starts_with("PutJob")).collect();
    let [(name, sent)] = reports.as_slice() else {
        panic!("{:?} {:?}\n{}", invocation.error, invocation.calls, invocation.journal);
    };
    if name == "PutJobSuccessResult" {
        return Ok(&sent["outputVariables"]);
    }
    let details = &sent["failureDetails"];
    Err((details["type"].as_str().unwrap(), details["message"].as_str().unwrap()))
}

fn reads_of_the_history(invocation: &Invocation) -> usize {
    let reads = invocation.calls.iter().filter(|(name, _)| name == "ListActionExecutions");
    reads.count()
}

/// Checks that a refusal begins with this text and names these reasons.
fn refused(invocation: &Invocation, begins: &str, reasons: &[&str]) -> String {
    let (kind, message) = reported(invocation).unwrap_err();
    assert_eq!(kind, "JobFailed", "{message}");
    assert!(message.starts_with(begins), "{message}");
    let named = |line: &&str| {
        line.starts_with("- ")
            && reasons.iter().any(|reason| line.contains(&format!("- {reason}: ")))
    };
    let why: Vec<&str> = message.lines().skip_while(|line| *line != "Why:").filter(named).collect();
    assert_eq!(why.len(), reasons.len(), "{message}");
    message.to_owned()
}

/// The initiator in the decision record.
fn initiator(invocation: &Invocation) -> Value {
    let records =
        invocation.journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut initiators = records.filter(|record| record.get("initiator").is_some());
    initiators.next().unwrap()["initiator"].take()
}

/// Both approvals were rejected once and then asked for again. The history notices the last two
/// answers in reverse order.
fn approvals_retried() -> Told {
    Told::by("approvals-retried", "Gate", &[29], 27, 7).before("Final")
}

/// The same, but bob gave the last answer.
fn approvals_retried_by_two() -> Told {
    let mut told = approvals_retried();
    told.attempt("1b310f27")["updatedBy"] = json!(BOB);
    told.state_of("Retry")["latestExecution"]["lastUpdatedBy"] = json!(BOB);
    told
}

#[test]
fn one_person_on_both_approvals_is_refused() {
    let invocation = approvals_retried().judged(DEFAULT);
    refused(
        &invocation,
        "Refused: 1 distinct person counted, 2 required",
        &["same-person", "quorum-not-met"],
    );
}

#[test]
fn two_people_who_approve_after_all_was_asked_again_are_satisfied() {
    let told = approvals_retried_by_two();
    let invocation = told.judged(DEFAULT);
    let variables = reported(&invocation).unwrap();
    assert_eq!(
        (&variables["Verdict"], &variables["Approvers"]),
        (&json!("satisfied"), &json!("alice, bob"))
    );
    // Alice created the pipeline, which started the execution.
    assert_eq!(initiator(&invocation), json!({"principal": ALICE}));
    refused(&told.judged(EXCLUDE_INITIATOR), "Refused: 1 distinct person counted", &["initiator"]);
}

#[test]
fn a_rejection_is_not_washed_away_by_the_lag_of_the_history() {
    let mut told = approvals_retried_by_two();
    let noticed = |told: &mut Told, id: &str| told.attempt(id)["lastUpdateTime"].as_f64().unwrap();
    let (approved, rejected) = (noticed(&mut told, "fbfe501f"), noticed(&mut told, "1b310f27"));
    assert!(rejected < approved, "the later answer was noticed first");
    let mut again = told.attempt("1b310f27").clone();
    again["actionExecutionId"] = json!("2c421f38-0000-4000-8000-000000000000");
    again["startTime"] = json!(approved + 1.0);
    again["lastUpdateTime"] = again["startTime"].clone();
    told.attempt("1b310f27")["status"] = json!("Failed");
    told.histories[0].push(again);
    let told = told.answered("2c421f38", "Succeeded", BOB);
    refused(
        &told.judged(DEFAULT),
        "Refused: 1 distinct person counted",
        &["superseded-by-rejection"],
    );
}

#[test]
fn an_approval_from_before_a_rejection_does_not_count_after_the_other_was_retried() {
    // The state was not recorded at that time. This is the state at the time of the answers.
    let told = Told::by("one-approval-retried", "Review", &[11], 2, 6).before("Final");
    let told = told.answered("571c6b52", "Succeeded", BOB).answered("6ffc31e4", "Succeeded", ALICE);
    let message = refused(
        &told.judged(DEFAULT),
        "Refused: 1 distinct person counted",
        &["superseded-by-rejection"],
    );
    assert!(
        message.contains("the approval of Two was not opened after the newest rejection"),
        "{message}"
    );
}

#[test]
fn an_approval_that_failed_with_an_error_is_not_a_rejection() {
    let failed = Told::by("approval-without-notification-permission", "Detailed", &[2], 1, 3);
    let message =
        refused(&failed.judged(DEFAULT), "Refused: nobody counted", &["missing-approval"]);
    assert!(
        message.contains("Detailed failed before anybody could answer it (PermissionError"),
        "{message}"
    );
    assert!(!message.contains("reject"), "{message}");
    // It was retried and approved. The history still has the failed attempt.
    let approved = Told::by("approval-without-notification-permission", "Detailed", &[11], 14, 12);
    let approved = approved.answered("e07b4cb1", "Succeeded", ALICE);
    let message = refused(
        &approved.judged(DEFAULT),
        "Refused: 1 distinct person counted",
        &["quorum-not-met"],
    );
    assert!(!message.contains("reject"), "{message}");
}

#[test]
fn an_answer_that_the_history_has_not_noticed_is_read_again_and_never_judged() {
    for told in [
        Told::by("approval-without-notification-permission", "Detailed", &[11], 14, 12),
        Told::by("stopped-while-waiting-for-approval", "Approval", &[11], 9, 10),
        // An update of the pipeline cancelled it.
        Told::by("updated-while-waiting-for-approval", "Approval", &[8], 6, 7),
    ] {
        let invocation = told.judged(DEFAULT);
        let (kind, message) = reported(&invocation).unwrap_err();
        assert_eq!(kind, "SystemUnavailable");
        assert!(message.contains("the history does not show yet how"), "{message}");
        assert!(reads_of_the_history(&invocation) > 2, "{:?}", invocation.calls);
    }
}

#[test]
fn an_answer_that_the_history_notices_meanwhile_is_judged() {
    let told = Told::by("stopped-while-waiting-for-approval", "Approval", &[11, 11, 15], 13, 14);
    let invocation = told.judged(DEFAULT);
    let message = refused(&invocation, "Refused: 1 distinct person counted", &["quorum-not-met"]);
    assert!(
        message.contains(&format!("Approve: approved by {ALICE} at 2026-09-28T17:38:58Z")),
        "{message}"
    );
    assert_eq!(reads_of_the_history(&invocation), 3);
}

#[test]
fn who_rolled_back_is_known_and_excluded() {
    let open = Told::by("stage-rolled-back", "Deploy", &[17], 18, 16);
    let invocation = open.judged(EXCLUDE_INITIATOR);
    refused(&invocation, "Refused: nobody counted", &["missing-approval"]);
    assert_eq!(initiator(&invocation), json!({"principal": ALICE}));
    let by_alice = open.clone().answered("b3dd06da", "Succeeded", ALICE);
    refused(&by_alice.judged(EXCLUDE_INITIATOR), "Refused: nobody counted", &["initiator"]);
    let by_bob = open.answered("b3dd06da", "Succeeded", BOB);
    let message = refused(
        &by_bob.judged(EXCLUDE_INITIATOR),
        "Refused: 1 distinct person counted",
        &["quorum-not-met"],
    );
    assert!(!message.contains("initiator"), "{message}");
}

#[test]
fn a_rule_of_eventbridge_is_not_a_person() {
    let told = Told::by("started-by-an-event", "Approval", &[3], 2, 4).answered(
        "7e4874dc",
        "Succeeded",
        ALICE,
    );
    let invocation = told.judged(EXCLUDE_INITIATOR);
    let message = refused(&invocation, "Refused: 1 distinct person counted", &["initiator"]);
    assert!(message.contains("no human initiator"), "{message}");
    assert_eq!(initiator(&invocation), json!({"automatic": "CloudWatchEvent"}));
}
