//! The verdict of `policygen evidence` on an execution, and its exceptions: one defect per case.

use serde_json::{Value, json};

use crate::evidence::{alone, evidence, only_verdict};
use crate::history::{Saved, action, answered, at, execution, released};
use crate::program::fixture;

/// The verdict on the newest execution, whether it was released, its exceptions, and the exit code.
fn verdict(saved: Saved, arguments: &[&str]) -> (String, bool, Vec<String>, i32) {
    let ran = evidence(saved, &[&["--format", "json"], arguments].concat());
    assert_ne!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let newest = &report["executions"][0];
    let codes = newest["exceptions"].as_array().unwrap().iter();
    let codes = codes.map(|exception| exception["code"].as_str().unwrap().to_owned());
    let verdict = newest["verdict"].as_str().unwrap().to_owned();
    (verdict, newest["released"].as_bool().unwrap(), codes.collect(), ran.code)
}

#[track_caller]
fn expect(saved: Saved, arguments: &[&str], expected: (&str, bool, &[&str], i32)) {
    let (verdict, released, codes, exit) = verdict(saved, arguments);
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    assert_eq!((verdict.as_str(), released, codes.as_slice(), exit), expected);
}

const REFUSED: &str = "Refused: 1 distinct person counted, 2 required (execution x).\n";

fn refused(mut saved: Saved, code: &str, message: &str) -> Saved {
    saved.actions.retain(|action| action["actionName"] != "Deploy");
    saved.executions[0]["status"] = json!("Failed");
    let gate = saved.action("Gate");
    gate["status"] = json!("Failed");
    gate["output"] =
        json!({"executionResult": {"errorDetails": {"code": code, "message": message}}});
    saved
}

#[test]
fn two_people_are_satisfied() {
    expect(execution(), &[], ("satisfied", true, &[], 0));
}

#[test]
fn one_person_who_was_refused_is_the_gate_at_work() {
    let mut saved = refused(execution(), "JobFailed", REFUSED);
    saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    expect(saved, &["--fail-on", "note"], ("unsatisfied", false, &[], 0));
}

#[test]
fn one_person_who_released_is_an_exception_whatever_the_gate_said() {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    expect(saved, &[], ("unsatisfied", true, &["unsatisfied-release", "verdict-differs"], 10));
}

#[test]
fn the_rule_of_today_is_the_one_that_is_given() {
    let saved = refused(execution(), "JobFailed", REFUSED);
    expect(saved, &[], ("satisfied", false, &["verdict-differs"], 10));
    let saved = refused(execution(), "JobFailed", REFUSED);
    let rule = fixture("rule/good.json");
    let ran = evidence(saved, &["--rule", &rule, "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["executions"][0]["decision"]["rule"]["trustedSessionRoles"],
        json!(["AWSReservedSSO_*"])
    );
}

#[test]
fn without_its_gate_an_execution_that_went_on_has_no_verdict_of_the_rule() {
    let mut gone = execution();
    gone.actions.retain(|action| action["actionName"] != "Gate");
    expect(gone, &[], ("no-gate", true, &["no-gate"], 10));

    let mut another = execution();
    another.action("Gate")["input"]["configuration"]["FunctionName"] = json!("always-yes");
    another.action("Gate")["input"]["resolvedConfiguration"]["FunctionName"] = json!("always-yes");
    expect(another, &[], ("no-gate", true, &["no-gate"], 10));

    // It failed while it deployed, so only the other execution shows that this was past the gate.
    let mut failed = execution();
    failed.actions.retain(|action| action["stageName"] != "Approve");
    failed.action("Deploy")["status"] = json!("Failed");
    failed.action("Deploy")["input"]["actionTypeId"]["category"] = json!("Invoke");
    failed.executions[0]["status"] = json!("Failed");
    expect(failed, &[], ("no-gate", true, &["no-gate"], 10));

    // Nothing shows what comes before the gate, so a deployment counts as past it.
    let mut renamed = execution();
    renamed.actions.retain(|action| action["actionName"] != "Gate");
    renamed.action("Deploy")["stageName"] = json!("Ship");
    renamed.action("Deploy")["status"] = json!("Failed");
    renamed.executions[0]["status"] = json!("Failed");
    expect(renamed, &[], ("no-gate", true, &["no-gate"], 10));

    let mut rollback = execution();
    rollback.actions.retain(|action| action["actionName"] == "Deploy");
    rollback.executions[0]["executionType"] = json!("ROLLBACK");
    expect(rollback, &[], ("no-gate", true, &["no-gate"], 10));
}

#[test]
fn what_is_under_way_is_not_finished() {
    let mut waiting = execution();
    waiting
        .actions
        .retain(|action| !["Gate", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
    waiting.action("ApprovalB")["status"] = json!("InProgress");
    waiting.executions[0]["status"] = json!("InProgress");
    expect(waiting, &[], ("not-finished", false, &[], 0));

    let mut judged = execution();
    judged.actions.retain(|action| action["actionName"] != "Deploy");
    judged.action("Gate")["status"] = json!("InProgress");
    judged.executions[0]["status"] = json!("InProgress");
    expect(judged, &[], ("not-finished", false, &[], 0));

    let mut early = execution();
    early.actions.retain(|action| action["actionName"] == "Source");
    early.executions[0]["status"] = json!("Stopping");
    expect(early, &[], ("not-finished", false, &[], 0));

    // The gate has reported, and the deployment is in progress.
    let mut deploying = execution();
    deploying.action("Deploy")["status"] = json!("InProgress");
    deploying.executions[0]["status"] = json!("InProgress");
    expect(deploying, &[], ("satisfied", true, &[], 0));
}

/// CodePipeline's lists lag: one can show the time of the end and not yet the status.
#[test]
fn a_list_from_before_the_end_does_not_contradict_one_from_after_it() {
    for status in ["InProgress", "Stopping", "Failed"] {
        let mut before = execution();
        before.actions.clear();
        before.executions[0]["status"] = json!(status);
        before.executions[0]["sourceRevisions"][0]["revisionId"] = json!("89abcdef");
        for saved in [execution().with(before.clone()), before.with(execution())] {
            let verdict = only_verdict(&alone(&saved, &[]));
            let contradicts = status == "Failed";
            assert_eq!(verdict, if contradicts { "error" } else { "satisfied" }, "{status}");
        }
    }
}

/// Nobody knows which of them the gate is in.
#[test]
fn a_second_stage_of_approvals_is_not_past_the_gate() {
    let mut saved = execution();
    saved
        .actions
        .retain(|action| ["Source", "ApprovalA"].contains(&action["actionName"].as_str().unwrap()));
    let mut second = answered("Second", "bob", (2, 40), (2, 50));
    second["stageName"] = json!("Again");
    saved.actions.push(second);
    saved.executions[0]["status"] = json!("Failed");
    let ran = alone(&saved, &[]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["executions"][0]["released"], json!(false), "{report}");
}

#[test]
fn alone_a_deployment_without_the_gate_is_doubted_only_while_it_is_under_way() {
    let mut staging = execution();
    staging
        .actions
        .retain(|action| ["Source", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
    staging.executions[0]["status"] = json!("InProgress");
    let ran = alone(&staging, &[]);
    assert_eq!((only_verdict(&ran), ran.code), (json!("not-finished"), 0));
    staging.executions[0]["status"] = json!("Failed");
    let ran = alone(&staging, &[]);
    assert_eq!((only_verdict(&ran), ran.code), (json!("no-gate"), 10));
}

#[test]
fn approvals_before_the_gates_stage_are_not_the_release() {
    let mut early = execution();
    early.actions.retain(|action| action["actionName"] == "Source");
    let mut quality = answered("Quality", "alice", (0, 40), (0, 50));
    quality["stageName"] = json!("Test");
    let mut before = released("33333333-3333-4333-8333-333333333333", 1);
    let mut passed = quality.clone();
    passed["pipelineExecutionId"] = json!("33333333-3333-4333-8333-333333333333");
    passed["actionExecutionId"] = json!("earlier");
    passed["startTime"] = json!(at(0, 40).replace("-02T", "-01T"));
    passed["lastUpdateTime"] = json!(at(0, 50).replace("-02T", "-01T"));
    before.actions.push(passed);
    quality["status"] = json!("Failed");
    early.actions.push(quality);
    early.executions[0]["status"] = json!("Failed");
    let ran = alone(&early.with(before), &[]);
    assert_eq!((only_verdict(&ran), ran.code), (json!("not-applicable"), 0), "{}", ran.stdout);
}

#[test]
fn what_never_reached_the_approvals_is_not_applicable() {
    for (status, ran) in
        [("Failed", true), ("Superseded", true), ("Stopped", false), ("Cancelled", false)]
    {
        let mut saved = execution();
        saved.actions.retain(|action| ran && action["actionName"] == "Source");
        saved.executions[0]["status"] = json!(status);
        expect(saved, &["--fail-on", "note"], ("not-applicable", false, &[], 0));
    }
}

#[test]
fn approvals_that_ended_without_the_gate_are_judged_as_they_ended() {
    let mut rejected = execution();
    rejected
        .actions
        .retain(|action| !["Gate", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
    rejected.action("ApprovalB")["status"] = json!("Failed");
    rejected.executions[0]["status"] = json!("Failed");
    expect(rejected, &[], ("unsatisfied", false, &[], 0));

    let mut stopped = execution();
    stopped
        .actions
        .retain(|action| !["Gate", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
    stopped.action("ApprovalB")["status"] = json!("Abandoned");
    stopped.executions[0]["status"] = json!("Stopped");
    expect(stopped, &[], ("unsatisfied", false, &[], 0));
}

#[test]
fn what_the_gate_could_not_judge_is_an_error_and_worse_when_it_went_on() {
    let configure = |mut saved: Saved| {
        saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
            json!(r#"{"quorum": 1}"#);
        saved
    };
    let message =
        "The action's UserParameters are wrong: `quorum`: 1 would let one person release alone.";
    let stopped = || configure(refused(execution(), "ConfigurationError", message));
    expect(stopped(), &[], ("error", false, &["stopped-unevaluated"], 0));
    expect(stopped(), &["--fail-on", "warning"], ("error", false, &["stopped-unevaluated"], 10));
    expect(configure(execution()), &["--fail-on", "never"], ("error", true, &["not-evaluated"], 0));

    let mut elsewhere = execution();
    elsewhere.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"pipelineExecutionId": "other"}"#);
    expect(elsewhere, &[], ("error", true, &["not-evaluated"], 10));
}

#[test]
fn a_record_with_a_hole_is_an_error() {
    let mut lost = execution();
    lost.actions.clear();
    expect(lost, &[], ("error", true, &["not-evaluated"], 10));

    let mut unlisted = execution();
    unlisted.executions.clear();
    expect(unlisted, &[], ("error", true, &["not-evaluated"], 10));

    let mut unknown = execution();
    unknown.executions[0]["status"] = json!("Sleeping");
    expect(unknown, &[], ("error", true, &["not-evaluated"], 10));

    let mut timeless = execution();
    timeless.executions[0].as_object_mut().unwrap().remove("startTime");
    // Without a time it comes last.
    let (other, _, _, exit) = verdict(timeless, &[]);
    assert_eq!((other.as_str(), exit), ("satisfied", 10));

    for member in ["startTime", "lastUpdateTime"] {
        let mut gate = execution();
        gate.action("Gate").as_object_mut().unwrap().remove(member);
        assert_eq!(verdict(gate, &[]).0, "error", "{member}");
    }

    let mut two_ways = execution();
    let mut other = two_ways.action("ApprovalB").clone();
    other["updatedBy"] = json!("arn:aws:iam::111122223333:user/carol");
    two_ways.actions.push(other);
    expect(two_ways, &[], ("error", true, &["not-evaluated", "verdict-differs"], 10));

    let mut twice = execution();
    twice.actions.extend(twice.actions.clone());
    twice.executions.extend(twice.executions.clone());
    expect(twice, &[], ("satisfied", true, &[], 0));
}

#[test]
fn a_success_that_the_gate_did_not_report_is_seen() {
    let mut forged = execution();
    forged.action("Gate")["output"] =
        json!({"executionResult": {"externalExecutionSummary": "Satisfied by alice and bob"}});
    expect(forged, &[], ("satisfied", true, &["success-without-verdict"], 10));

    let mut another = execution();
    another.action("Gate")["output"]["outputVariables"]["PipelineExecutionId"] = json!("another");
    expect(another, &[], ("satisfied", true, &["verdict-differs"], 10));

    let mut past = refused(execution(), "JobFailed", REFUSED);
    past.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    past.actions.push(action("Deploy", "Deploy", ("Deploy", "CodeDeploy"), (4, 0), (4, 5)));
    expect(past, &[], ("unsatisfied", true, &["unsatisfied-release", "went-past-gate"], 10));
}

#[test]
fn other_words_of_the_gate_are_shown_and_not_smoothed() {
    let mut renamed = execution();
    renamed.action("Gate")["output"]["outputVariables"]["Approvers"] = json!("alice, robert");
    expect(renamed.clone(), &[], ("satisfied", true, &["approvers-differ"], 0));
    expect(renamed, &["--fail-on", "warning"], ("satisfied", true, &["approvers-differ"], 10));

    let down = refused(execution(), "SystemUnavailable", "No decision could be made.");
    expect(down, &["--fail-on", "note"], ("satisfied", false, &["gate-failed"], 10));
}

#[test]
fn what_came_after_the_gate_did_not_help_it() {
    // Answered while the deployment ran: the gate cannot have seen it.
    let mut late = execution();
    late.action("ApprovalB")["lastUpdateTime"] = json!(at(4, 2));
    expect(late, &[], ("unsatisfied", true, &["unsatisfied-release", "verdict-differs"], 10));

    // Old today, and fresh when the gate decided.
    let mut fresh = execution();
    fresh.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"maxAgeMinutes": 5}"#);
    expect(fresh, &[], ("satisfied", true, &[], 0));
}

#[test]
fn a_retry_is_judged_by_its_newest_approvals_and_its_runs_one_by_one() {
    let mut retried = refused(execution(), "JobFailed", REFUSED);
    retried.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    for (slot, who) in [("ApprovalA", "alice"), ("ApprovalB", "bob")] {
        let mut again = answered(slot, who, (10, 0), (11, 0));
        again["actionExecutionId"] = json!(format!("{slot}-2"));
        retried.actions.push(again);
    }
    // Reopened, and abandoned.
    retried.executions[0]["status"] = json!("Stopped");
    expect(retried.clone(), &[], ("satisfied", false, &[], 0));

    let source = execution();
    for (name, start, end) in [("Gate", (12, 0), (12, 2)), ("Deploy", (13, 0), (13, 5))] {
        let mut again =
            source.actions.iter().find(|action| action["actionName"] == name).unwrap().clone();
        again["actionExecutionId"] = json!(format!("{name}-2"));
        again["startTime"] = json!(at(start.0, start.1));
        again["lastUpdateTime"] = json!(at(end.0, end.1));
        retried.actions.push(again);
    }
    retried.executions[0]["status"] = json!("Succeeded");
    expect(retried.clone(), &[], ("satisfied", true, &[], 0));
    let report: Value =
        serde_json::from_str(&evidence(retried, &["--format", "json"]).stdout).unwrap();
    let newest = &report["executions"][0];
    let said = |run: usize| newest["gate"]["runs"][run]["said"]["verdict"].as_str().unwrap();
    assert_eq!(
        (said(0), said(1), &newest["gate"]["agrees"]),
        ("unsatisfied", "satisfied", &json!(true))
    );
    let counting = |approval: usize| newest["approvals"][approval]["counting"].as_str().unwrap();
    assert_eq!([0, 1, 2, 3].map(counting), ["counted"; 4]);
    let people: Vec<&Value> =
        newest["approvals"].as_array().unwrap().iter().map(|it| &it["person"]).collect();
    assert_eq!(people, ["handle:alice", "handle:alice", "handle:alice", "handle:bob"]);
}

#[test]
fn who_started_it_counts_where_the_rule_says_so() {
    let exclude = |mut saved: Saved| {
        saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
            json!(r#"{"excludeInitiator": true}"#);
        saved
    };
    expect(
        exclude(execution()),
        &[],
        ("unsatisfied", true, &["unsatisfied-release", "verdict-differs"], 10),
    );
    let mut pushed = execution();
    pushed.executions[0]["trigger"] =
        json!({"triggerType": "WebhookV2", "triggerDetail": "refs/heads/main"});
    expect(exclude(pushed), &[], ("satisfied", true, &[], 0));
}
