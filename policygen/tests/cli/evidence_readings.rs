//! `policygen evidence` over lists that were saved again and again: several readings of one
//! execution are one, and readings that cannot both be true are an error.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::facts_saved::Saved as Facts;
use crate::history::{Saved, action, at, execution, released};
use crate::program::{Ran, policygen};

const OTHER: &str = "22222222-2222-4222-8222-222222222222";

/// Runs `evidence` on files that each have both lists, in this order.
fn evidence(readings: &[&Saved]) -> Ran {
    let folder = TempDir::new().unwrap();
    let mut command = vec!["evidence".to_owned(), "--pipeline=payments".to_owned()];
    for (number, saved) in readings.iter().enumerate() {
        let lists = json!({
            "pipelineExecutionSummaries": saved.executions,
            "actionExecutionDetails": saved.actions,
        });
        let path = folder.path().join(format!("{number}.json"));
        fs::write(&path, lists.to_string()).unwrap();
        command.push(format!("--input={}", path.to_str().unwrap()));
    }
    command.push("--format=json".to_owned());
    policygen(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The executions of the report on these files.
#[track_caller]
fn judged(readings: &[&Saved]) -> Value {
    let ran = evidence(readings);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    report["executions"].clone()
}

/// The executions of the report on these files, whose order makes no difference.
#[track_caller]
fn joined(readings: &[&Saved]) -> Value {
    let one = judged(readings);
    let reversed: Vec<&Saved> = readings.iter().rev().copied().collect();
    assert_eq!(judged(&reversed), one, "the order of the files matters");
    one
}

/// The release of `execution`, with every member that an action may have.
fn whole() -> Saved {
    let mut saved = execution();
    let deploy = saved.action("Deploy");
    deploy["input"]["configuration"] = json!({"ApplicationName": "payments"});
    deploy["input"]["region"] = json!("eu-west-1");
    deploy["input"]["roleArn"] = json!("arn:aws:iam::111122223333:role/deployer");
    deploy["output"]["executionResult"] = json!({"externalExecutionId": "d-1"});
    deploy["output"]["outputVariables"] = json!({"DeploymentId": "d-1"});
    saved
}

/// The same release while its approvals are open. CodePipeline dates it at its start.
fn waiting() -> Saved {
    let mut saved = whole();
    let running = &mut saved.executions[0];
    running["status"] = json!("InProgress");
    running["lastUpdateTime"] = running["startTime"].clone();
    running["sourceRevisions"] = json!([]);
    saved.actions.retain(|it| !["Gate", "Deploy"].contains(&it["actionName"].as_str().unwrap()));
    for approval in ["ApprovalA", "ApprovalB"] {
        let approval = saved.action(approval);
        approval["status"] = json!("InProgress");
        approval["lastUpdateTime"] = approval["startTime"].clone();
        approval["output"] = json!({});
        approval.as_object_mut().unwrap().remove("updatedBy");
    }
    saved
}

#[test]
fn an_execution_is_what_its_last_reading_says() {
    let last = judged(&[&whole()]);
    assert_eq!(last[0]["verdict"], "satisfied");
    assert_eq!(judged(&[&waiting()])[0]["verdict"], "not-finished");
    assert_eq!(joined(&[&waiting(), &whole()]), last);
    assert_eq!(joined(&[&waiting(), &whole(), &whole()]), last);
}

#[test]
fn what_changes_before_the_end_does_not_contradict() {
    let mut early = waiting();
    let mut source = whole().action("Source").clone();
    // It is seen as running at the time of its end.
    source["status"] = json!("InProgress");
    source["output"] = json!({});
    let mut deploy = whole().action("Deploy").clone();
    deploy["status"] = json!("InProgress");
    deploy["lastUpdateTime"] = deploy["startTime"].clone();
    deploy["input"]["configuration"] = json!({"ApplicationName": "#{variables.application}"});
    deploy["output"] = json!({"executionResult": {"externalExecutionId": "pending"}});
    early.actions.retain(|action| action["actionName"] != "Source");
    early.actions.extend([source, deploy]);
    early.executions[0]["sourceRevisions"] = json!([{"actionName": "Source", "revisionId": "x"}]);
    assert_eq!(joined(&[&early, &whole()]), judged(&[&whole()]));
}

#[test]
fn an_older_reading_is_kept_where_only_it_knows() {
    let mut forgetful = whole();
    for member in ["sourceRevisions", "trigger", "executionMode", "executionType"] {
        forgetful.executions[0][member] = Value::Null;
    }
    for action in &mut forgetful.actions {
        action["output"] = Value::Null;
        action["updatedBy"] = Value::Null;
        action["input"]["configuration"] = Value::Null;
        action["input"]["resolvedConfiguration"] = Value::Null;
    }
    let alone = judged(&[&whole()]);
    assert_ne!(judged(&[&forgetful]), alone);
    assert_eq!(joined(&[&whole(), &forgetful]), alone);
    // A status that only the newest reading lacks.
    forgetful.executions[0]["status"] = Value::Null;
    forgetful.executions[0]["lastUpdateTime"] = json!(at(50, 0));
    assert_eq!(joined(&[&whole(), &forgetful])[0]["verdict"], "satisfied");
    // Nor does an attempt that is in progress end because a reading does not say so.
    let mut open = waiting();
    open.action("ApprovalB")["status"] = Value::Null;
    open.action("ApprovalB")["lastUpdateTime"] = json!(at(1, 30));
    assert_eq!(joined(&[&waiting(), &open])[0]["verdict"], "not-finished");
}

#[test]
fn sources_that_deliver_one_after_another_are_all_shown() {
    let revision = |name: &str| json!({"actionName": name, "revisionId": format!("of-{name}")});
    let with = |names: &[&str]| {
        let mut saved = waiting();
        saved.executions[0]["sourceRevisions"] = names.iter().map(|name| revision(name)).collect();
        saved
    };
    let both = judged(&[&with(&["Source", "Tools"])]);
    assert_eq!(joined(&[&with(&["Source"]), &with(&["Source", "Tools"])]), both);
    // The newest of these cannot be known, but the report is the same every time.
    joined(&[&with(&["Source"]), &with(&["Tools"]), &with(&["Docs"])]);
}

#[test]
fn a_retry_does_not_contradict() {
    let mut refused = whole();
    refused.actions.retain(|action| action["actionName"] != "Deploy");
    refused.action("Gate")["status"] = json!("Failed");
    refused.action("Gate")["output"] = json!({});
    let mut again = refused.clone();
    for (status, minute) in [("Failed", 4), ("Stopped", 5)] {
        let mut ended = refused.clone();
        ended.executions[0]["status"] = json!(status);
        ended.executions[0]["lastUpdateTime"] = json!(at(minute, 0));
        let mut running = ended.clone();
        running.executions[0]["status"] = json!("InProgress");
        running.executions[0]["lastUpdateTime"] = json!(at(10, 0));
        again.executions[0]["lastUpdateTime"] = json!(at(20, 0));
        if again.actions.len() == refused.actions.len() {
            let mut gate = whole().action("Gate").clone();
            gate["actionExecutionId"] = json!("Gate-2");
            gate["startTime"] = json!(at(11, 0));
            gate["lastUpdateTime"] = json!(at(11, 2));
            let deploy = action("Deploy", "Deploy", ("Deploy", "CodeDeploy"), (12, 0), (12, 5));
            again.actions.extend([gate, deploy]);
        }
        let last = judged(&[&again]);
        assert_eq!(last[0]["verdict"], "satisfied", "{status}");
        assert_eq!(joined(&[&ended, &running, &again]), last, "{status}");
        assert_eq!(joined(&[&ended, &again]), last, "{status}");
    }
}

/// The first execution of two files in either order is an error that names what contradicts, and
/// the second is judged as always.
#[track_caller]
fn contradict(one: &Saved, other: &Saved, what: &str, member: &str) {
    let beside = released(OTHER, 1);
    let found = joined(&[&one.clone().with(beside.clone()), &other.clone().with(beside)]);
    assert_eq!(found[0]["verdict"], "error", "{what}: {member}");
    let problem = found[0]["problem"].as_str().unwrap();
    let says = format!(
        "The history describes {what} in two different ways: the values of `{member}` contradict \
         each other."
    );
    assert!(problem.starts_with(&says), "{problem}");
    assert_eq!(found[1]["verdict"], "satisfied", "{what}: {member}");
    let both = evidence(&[one, other]);
    assert_eq!(both.code, 10, "{}", both.stderr);
}

#[test]
fn readings_of_an_execution_that_cannot_both_be_true_are_an_error() {
    for (member, one, other) in [
        ("startTime", json!({}), json!({"startTime": at(0, 30)})),
        ("triggerType", json!({}), json!({"trigger": {"triggerType": "Webhook"}})),
        (
            "triggerDetail",
            json!({}),
            json!({"trigger": {"triggerDetail": "arn:aws:iam::111122223333:user/mallory"}}),
        ),
        ("executionMode", json!({}), json!({"executionMode": "PARALLEL"})),
        ("executionType", json!({}), json!({"executionType": "ROLLBACK"})),
        ("sourceRevisions", json!({}), json!({"sourceRevisions": [{"revisionId": "x"}]})),
        (
            "sourceRevisions",
            json!({"status": "Failed"}),
            json!({"status": "Failed", "sourceRevisions": [{"revisionId": "x"}]}),
        ),
        (
            "stopTrigger",
            json!({"status": "Stopped", "stopTrigger": {"reason": "wrong branch"}}),
            json!({"status": "Stopped", "stopTrigger": {"reason": "wrong day"}}),
        ),
        // Both are of the time of its end.
        ("status", json!({}), json!({"status": "Failed"})),
        ("status", json!({"status": "Stopped"}), json!({"status": "Failed"})),
        // Nothing happens after these.
        ("status", json!({}), json!({"status": "InProgress", "lastUpdateTime": at(50, 0)})),
        ("status", json!({}), json!({"status": "Failed", "lastUpdateTime": at(50, 0)})),
        (
            "status",
            json!({"status": "Superseded"}),
            json!({"status": "Succeeded", "lastUpdateTime": at(50, 0)}),
        ),
        (
            "status",
            json!({"status": "Cancelled"}),
            json!({"status": "InProgress", "lastUpdateTime": at(50, 0)}),
        ),
        (
            "sourceRevisions",
            json!({}),
            json!({"sourceRevisions": [{"revisionId": "x"}], "lastUpdateTime": at(50, 0)}),
        ),
    ] {
        let reading = |members: &Value| {
            let mut saved = whole();
            let execution = saved.executions[0].as_object_mut().unwrap();
            execution.extend(members.as_object().unwrap().clone());
            saved
        };
        contradict(&reading(&one), &reading(&other), "this execution", member);
    }
}

#[test]
fn readings_of_an_action_execution_that_cannot_both_be_true_are_an_error() {
    let code = |code: &str| json!({"code": code, "message": "m"});
    for (member, name, pointer, other) in [
        ("status", "ApprovalB", "/status", json!("Failed")),
        ("status", "Gate", "/status", json!("Abandoned")),
        ("stageName", "ApprovalB", "/stageName", json!("Elsewhere")),
        ("actionName", "ApprovalB", "/actionName", json!("ApprovalC")),
        ("startTime", "ApprovalB", "/startTime", json!(at(1, 10))),
        ("lastUpdateTime", "ApprovalB", "/lastUpdateTime", json!(at(50, 0))),
        ("updatedBy", "ApprovalB", "/updatedBy", json!("arn:aws:iam::111122223333:user/mallory")),
        (
            "externalExecutionSummary",
            "ApprovalB",
            "/output/executionResult/externalExecutionSummary",
            json!("not read"),
        ),
        (
            "externalExecutionId",
            "ApprovalB",
            "/output/executionResult/externalExecutionId",
            json!("another"),
        ),
        ("errorDetails", "Source", "/output/executionResult/errorDetails", code("JobFailed")),
        ("actionTypeId", "Deploy", "/input/actionTypeId/provider", json!("S3")),
        ("pipelineVersion", "Deploy", "/pipelineVersion", json!(4)),
        ("region", "Deploy", "/input/region", json!("us-east-1")),
        ("roleArn", "Deploy", "/input/roleArn", json!("arn:aws:iam::111122223333:role/another")),
        ("configuration", "Deploy", "/input/configuration/ApplicationName", json!("refunds")),
        ("outputVariables", "Gate", "/output/outputVariables/Verdict", json!("refused")),
    ] {
        let (mut one, mut two) = (whole(), whole());
        for saved in [&mut one, &mut two] {
            saved.action("Source")["output"]["executionResult"]["errorDetails"] = code("Other");
        }
        *two.action(name).pointer_mut(pointer).unwrap() = other;
        contradict(&one, &two, &format!("the action execution {name}-1"), member);
    }
}

#[test]
fn an_action_that_is_in_progress_after_its_end_is_an_error() {
    let mut open = whole();
    open.action("ApprovalB")["status"] = json!("InProgress");
    open.action("ApprovalB")["lastUpdateTime"] = json!(at(2, 31));
    contradict(&whole(), &open, "the action execution ApprovalB-1", "lastUpdateTime");
}

/// If all of them contradict each other, one contradiction is named.
#[test]
fn many_contradictions_give_the_same_report_in_every_order() {
    let [mut mode, mut trigger, mut stage, mut user] = [whole(), whole(), whole(), whole()];
    mode.executions[0]["executionMode"] = json!("PARALLEL");
    trigger.executions[0]["trigger"]["triggerDetail"] = json!("somebody");
    stage.action("ApprovalB")["stageName"] = json!("Elsewhere");
    user.action("ApprovalB")["updatedBy"] = json!("somebody");
    let clean = whole();
    for [a, b, c] in [[&clean, &mode, &trigger], [&clean, &stage, &user]] {
        let first = joined(&[a, b, c]);
        assert_eq!(first[0]["verdict"], "error");
        for order in [[a, c, b], [b, a, c]] {
            assert_eq!(joined(&order), first);
        }
    }
}

/// Without ids, nothing says which attempts are the same.
#[test]
fn attempts_without_an_id_are_in_the_same_order_whatever_the_order_of_files() {
    let mut with = [whole(), whole()];
    for (saved, who) in with.iter_mut().zip(["bob", "carol"]) {
        saved.action("ApprovalB")["updatedBy"] =
            json!(format!("arn:aws:iam::111122223333:user/{who}"));
        saved.action("ApprovalB").as_object_mut().unwrap().remove("actionExecutionId");
    }
    let [bob, carol] = &with;
    let found = joined(&[bob, carol, bob]);
    assert_eq!(found[0]["approvals"].as_array().unwrap().len(), 3);
    assert_eq!(joined(&[carol, bob]), found);
}

#[test]
fn a_time_may_be_in_seconds_and_anything_else_is_refused_with_what_would_do() {
    let started = |time: Value| {
        let mut saved = execution();
        saved.executions[0]["startTime"] = time;
        evidence(&[&saved])
    };
    for (seconds, iso) in [
        (json!(1_767_348_000), "2026-01-02T10:00:00Z"),
        (json!(1_767_348_000.123), "2026-01-02T10:00:00.123Z"),
        (json!(-1), "1969-12-31T23:59:59Z"),
    ] {
        let report: Value = serde_json::from_str(&started(seconds.clone()).stdout).unwrap();
        assert_eq!(report["executions"][0]["startedAt"], iso, "{seconds}");
    }
    let ran = started(json!(true));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let reason = "expected a time: ISO 8601 with an offset, or seconds since 1970";
    assert!(ran.stderr.contains(reason), "{}", ran.stderr);
}

/// GetPipelineExecution names what each artifact is of.
#[test]
fn an_execution_with_two_sources_has_both_of_their_revisions() {
    const FACT: &str = "source-names-its-revision";
    let mut saved = Facts::retried();
    let actions = saved.actions["actionExecutionDetails"].as_array_mut().unwrap();
    let mut tools = actions.iter().find(|it| it["actionName"] == "Source").unwrap().clone();
    tools["actionName"] = json!("Tools");
    tools["actionExecutionId"] = json!("99999999-9999-4999-8999-999999999999");
    tools["output"]["executionResult"]["externalExecutionId"] = json!("of-tools");
    actions.push(tools);
    assert_eq!(saved.verdict(FACT), "does-not-hold");
    let artifacts = saved.execution["pipelineExecution"]["artifactRevisions"].as_array_mut();
    artifacts.unwrap().push(json!({"name": "ToolsZip", "revisionId": "of-tools"}));
    assert_eq!(saved.verdict(FACT), "holds");
}
