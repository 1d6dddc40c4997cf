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
    expect(gone.clone(), &[], ("no-gate", true, &["no-gate"], 10));
    // What the approvals would be worth is shown, and does not replace the gate.
    let mut moved = gone.clone();
    for slot in ["ApprovalA", "ApprovalB"] {
        moved.action(slot)["stageName"] = json!("Confirm");
    }
    for saved in [gone, moved] {
        let report: Value =
            serde_json::from_str(&evidence(saved, &["--format", "json"]).stdout).unwrap();
        assert_eq!(report["executions"][0]["decision"]["verdict"], "satisfied");
    }

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
    expect(renamed.clone(), &[], ("no-gate", true, &["no-gate"], 10));
    // And so does anything else that ran after the approvals.
    renamed.action("Deploy")["input"]["actionTypeId"]["category"] = json!("Invoke");
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

#[test]
fn what_is_asked_again_or_by_a_second_gate_is_not_finished() {
    let mut passed = execution();
    passed.actions.retain(|action| action["actionName"] != "Deploy");
    passed.executions[0]["status"] = json!("InProgress");
    expect(passed.clone(), &[], ("satisfied", false, &[], 0));

    let mut again = passed.clone();
    let mut asked = action("Approve", "ApprovalA", ("Approval", "Manual"), (3, 30), (3, 30));
    asked["actionExecutionId"] = json!("ApprovalA-2");
    asked["status"] = json!("InProgress");
    again.actions.push(asked);
    expect(again, &[], ("not-finished", false, &[], 0));

    // The other one began first and still runs.
    let mut second = passed.action("Gate").clone();
    second["actionName"] = json!("SecondGate");
    second["actionExecutionId"] = json!("SecondGate-1");
    second["startTime"] = json!(at(2, 59));
    second["status"] = json!("InProgress");
    second["output"] = json!({});
    passed.actions.push(second);
    expect(passed, &[], ("not-finished", false, &[], 0));
}

#[test]
fn of_several_gates_each_has_to_be_satisfied() {
    for (first, second) in [(3, 2), (2, 3)] {
        let mut saved = execution();
        let mut other = saved.action("Gate").clone();
        other["actionName"] = json!("SecondGate");
        other["actionExecutionId"] = json!("SecondGate-1");
        (other["startTime"], other["lastUpdateTime"]) = (json!(at(3, 3)), json!(at(3, 5)));
        saved.actions.push(other);
        for (gate, quorum) in [("Gate", first), ("SecondGate", second)] {
            saved.action(gate)["input"]["resolvedConfiguration"]["UserParameters"] =
                json!(format!(r#"{{"quorum": {quorum}}}"#));
        }
        let (verdict, released, codes, exit) = verdict(saved, &[]);
        assert_eq!((verdict.as_str(), released, exit), ("unsatisfied", true, 10), "{first}");
        assert!(codes.contains(&"unsatisfied-release".to_owned()), "{codes:?}");
    }
}

/// Nobody's gate saw these answers, so they are judged as it would have.
#[test]
fn answers_after_the_gate_are_judged_by_its_parameters() {
    let again = |parameters: &str| {
        let mut saved = execution();
        saved.actions.retain(|action| action["actionName"] != "Deploy");
        saved.executions[0]["status"] = json!("Failed");
        saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
            json!(parameters);
        for (slot, who) in [("ApprovalA", "alice"), ("ApprovalB", "bob")] {
            let mut newer = answered(slot, who, (3, 30), (3, 40));
            newer["actionExecutionId"] = json!(format!("{slot}-2"));
            saved.actions.push(newer);
        }
        verdict(saved, &[]).0
    };
    assert_eq!(again(r#"{"quorum": 2}"#), "satisfied");
    assert_eq!(again(r#"{"quorum": 3}"#), "unsatisfied");
}

#[test]
fn a_deployment_that_another_execution_shows_before_the_gate_is_not_a_release() {
    let staged = |saved: &mut Saved, time: String| {
        let mut staging = saved.action("Source").clone();
        staging["stageName"] = json!("Staging");
        staging["actionName"] = json!("DeployToStaging");
        staging["actionExecutionId"] = json!(format!("staging-{time}"));
        staging["input"]["actionTypeId"]["category"] = json!("Deploy");
        staging["startTime"] = json!(time);
        saved.actions.push(staging);
    };
    let mut failed = execution();
    failed.actions.retain(|action| action["actionName"] == "Source");
    staged(&mut failed, at(0, 40));
    failed.action("DeployToStaging")["status"] = json!("Failed");
    failed.executions[0]["status"] = json!("Failed");
    let judged = |saved: &Saved| {
        let report: Value = serde_json::from_str(&alone(saved, &[]).stdout).unwrap();
        let newest = &report["executions"][0];
        (newest["verdict"].clone(), newest["released"].clone())
    };
    let mut older = released("22222222-2222-4222-8222-222222222222", 1);
    staged(&mut older, at(0, 40).replace("01-02T", "01-01T"));
    assert_eq!(judged(&failed.clone().with(older)), (json!("not-applicable"), json!(false)));
    // Alone, it could be anywhere.
    assert_eq!(judged(&failed), (json!("no-gate"), json!(true)));
}

/// Actions that run beside the gate come neither before it nor after it.
#[test]
fn what_runs_beside_the_gate_does_not_show_where_the_gate_is() {
    let beside = |id: &str, category: &str, second: u32| {
        let mut saved = released(id, 1);
        let mut other = saved.action("Gate").clone();
        other["actionName"] = json!("Canary");
        other["actionExecutionId"] = json!(format!("{id}-Canary"));
        other["input"]["actionTypeId"]["category"] = json!(category);
        other["input"]["configuration"] = json!({});
        other["input"]["resolvedConfiguration"] = json!({});
        other["startTime"] = json!(at(3, second).replace("01-02T", "01-01T"));
        other["stageName"] = json!("Check");
        saved.action("Gate")["stageName"] = json!("Check");
        saved.actions.push(other);
        saved
    };
    let without_gate = |category: &str| {
        let mut saved = execution();
        saved.actions.retain(|action| action["actionName"] != "Gate");
        let deploy = saved.action("Deploy");
        (deploy["stageName"], deploy["actionName"]) = (json!("Check"), json!("Canary"));
        deploy["input"]["actionTypeId"]["category"] = json!(category);
        deploy["status"] = json!("Failed");
        saved.executions[0]["status"] = json!("Failed");
        saved
    };
    let is_released = |saved: Saved| {
        let ran = alone(&saved, &[]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        report["executions"][0]["released"].as_bool().unwrap()
    };
    let older = "22222222-2222-4222-8222-222222222222";
    // A deployment beside the gate needs no approval that the gate would have counted.
    assert!(is_released(without_gate("Deploy").with(beside(older, "Deploy", 0))));
    assert!(!is_released(without_gate("Invoke").with(beside(older, "Invoke", 1))));
}

/// Otherwise the age of its approvals would be measured at the end of the execution.
#[test]
fn what_is_asked_for_only_after_the_gate_does_not_reopen_its_stage() {
    let rule = crate::checker::file(&json!({"maxAgeMinutes": 10}));
    for (stage, asked) in [("Confirm", at(5, 0)), ("Approve", at(3, 2))] {
        let mut saved = execution();
        let name = if stage == "Confirm" { "ApprovalA" } else { "Last" };
        let mut later = answered(name, "carol", (5, 0), (40, 0));
        later["actionExecutionId"] = json!("later");
        (later["stageName"], later["startTime"]) = (json!(stage), json!(asked));
        later["status"] = json!("Failed");
        saved.actions.push(later);
        saved.executions[0]["status"] = json!("Failed");
        saved.executions[0]["lastUpdateTime"] = json!(at(40, 0));
        let arguments = ["--rule", crate::checker::text(rule.path())];
        let (verdict, released, ..) = verdict(saved, &arguments);
        assert_eq!((verdict.as_str(), released), ("satisfied", true), "{stage}");
    }
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

    for id in ["other", "33333333-3333-4333-8333-333333333333"] {
        let mut elsewhere = execution();
        elsewhere.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
            json!(json!({"pipelineExecutionId": id}).to_string());
        expect(elsewhere, &[], ("error", true, &["not-evaluated"], 10));
    }
}

/// What runs beside the gate is not what it let pass.
#[test]
fn nothing_is_released_while_the_gate_runs() {
    let mut saved = execution();
    saved.executions[0]["status"] = json!("InProgress");
    saved.action("Gate")["status"] = json!("InProgress");
    saved.action("Gate")["output"] = json!({});
    saved.actions.retain(|action| action["actionName"] != "Deploy");
    let beside = action("Approve", "Notify", ("Invoke", "Lambda"), (3, 5), (3, 6));
    saved.actions.push(beside);
    expect(saved, &[], ("not-finished", false, &[], 0));
}

#[test]
fn an_attempt_without_an_id_is_listed_once() {
    let mut saved = execution();
    saved.action("ApprovalB").as_object_mut().unwrap().remove("actionExecutionId");
    let approvals = |saved: &Saved| {
        let report: Value = serde_json::from_str(&alone(saved, &[]).stdout).unwrap();
        report["executions"][0]["approvals"].as_array().unwrap().len()
    };
    assert_eq!(approvals(&saved), 2);
    let mut other = saved.action("ApprovalB").clone();
    saved.actions.push(other.clone());
    assert_eq!(approvals(&saved), 2);
    other["updatedBy"] = json!("arn:aws:iam::111122223333:user/carol");
    saved.actions.push(other);
    assert_eq!(approvals(&saved), 3);
}

#[test]
fn without_the_gate_approvals_are_as_old_as_the_execution_let_them_get() {
    let rule = crate::checker::file(&json!({"maxAgeMinutes": 10}));
    let ended = |minute: u32| {
        let mut saved = execution();
        saved
            .actions
            .retain(|action| !["Gate", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
        saved.executions[0]["status"] = json!("Stopped");
        saved.executions[0]["lastUpdateTime"] = json!(at(minute, 0));
        verdict(saved, &["--rule", crate::checker::text(rule.path())]).0
    };
    assert_eq!(ended(5), "satisfied");
    assert_eq!(ended(40), "unsatisfied");
}

#[test]
fn each_attempt_says_how_it_was_counted() {
    let mut saved = execution();
    let mut first = answered("ApprovalA", "carol", (0, 31), (0, 50));
    first["actionExecutionId"] = json!("ApprovalA-0");
    first["status"] = json!("Failed");
    let optional = answered("Optional", "carol", (1, 0), (1, 30));
    saved.actions.extend([first, optional]);
    let countings = |saved: &Saved, rule: &Value| {
        let rule = crate::checker::file(rule);
        let ran = alone(saved, &["--rule", crate::checker::text(rule.path())]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let mut found: Vec<(String, String)> = report["executions"][0]["approvals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                let text = |name: &str| it[name].as_str().unwrap().to_owned();
                (text("actionExecutionId"), text("counting"))
            })
            .collect();
        found.sort();
        found
    };
    let all = |of: [&str; 4]| {
        let ids = ["ApprovalA-0", "ApprovalA-1", "ApprovalB-1", "Optional-1"];
        ids.map(str::to_owned).into_iter().zip(of.map(str::to_owned)).collect::<Vec<_>>()
    };
    let named = json!({"actions": ["ApprovalA", "ApprovalB"]});
    let required = all(["replaced", "counted", "counted", "not-required"]);
    assert_eq!(countings(&saved, &named), required);
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"quorum": 1}"#);
    assert_eq!(countings(&saved, &named), all(["not-judged"; 4]));
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
    expect(two_ways.clone(), &[], ("error", true, &["not-evaluated", "verdict-differs"], 10));
    let told = evidence(two_ways, &[]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let way = "describes the action execution ApprovalB-1 in two different ways: the values of \
               `updatedBy` contradict each other";
    assert!(told.contains(way), "{told}");

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

    let mut unsatisfied = execution();
    unsatisfied.action("Gate")["output"]["outputVariables"]["Verdict"] = json!("unsatisfied");
    expect(unsatisfied, &[], ("satisfied", true, &["success-without-verdict"], 10));

    let mut another = execution();
    another.action("Gate")["output"]["outputVariables"]["PipelineExecutionId"] = json!("another");
    let differs = evidence(another.clone(), &["--format=json"]).stdout;
    assert_eq!(differs.matches(r#""agrees": false"#).count(), 2, "{differs}");
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
    expect(down.clone(), &["--fail-on", "note"], ("satisfied", false, &["gate-failed"], 10));
    // A note is not what an auditor has to look at.
    let report: Value =
        serde_json::from_str(&evidence(down, &["--format", "json"]).stdout).unwrap();
    assert_eq!(report["summary"]["exceptional"], 0);
}

#[test]
fn an_execution_that_cannot_be_judged_says_why() {
    let mut saved = execution();
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"quorum": 1}"#);
    let report: Value =
        serde_json::from_str(&evidence(saved, &["--format", "json"]).stdout).unwrap();
    let problem = report["executions"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("`quorum`: 1 would let one person release alone"), "{problem}");
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
