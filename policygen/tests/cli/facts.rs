//! The answers of `policygen doctor --facts`, fact by fact.

use serde_json::{Value, json};

use crate::facts_saved::{SESSION, Saved, event, everything};

#[test]
fn a_recorded_rollback_names_its_starter_in_json() {
    let (verdict, seen) = Saved::recorded("rolled-back").says("trigger-names-the-starter");
    assert_eq!(
        (verdict.as_str(), seen.as_str()),
        ("holds", "ManualRollback, detail: JSON with AwsUserArn")
    );
}

#[test]
fn who_answered_is_judged_by_the_form_of_the_name() {
    for (updated_by, named, session) in [
        (json!("arn:aws:iam::111122223333:user/bob"), "holds", "not-seen"),
        (json!(SESSION), "holds", "holds"),
        (json!("arn:aws:iam::111122223333:role/Approver"), "holds", "does-not-hold"),
        (json!("arn:aws:sts::111122223333:assumed-role/Approver"), "holds", "does-not-hold"),
        (json!("AROAEXAMPLE:dora"), "does-not-hold", "not-seen"),
        (Value::Null, "does-not-hold", "not-seen"),
    ] {
        let mut saved = Saved::retried();
        saved.answered()["updatedBy"] = updated_by.clone();
        assert_eq!(saved.verdict("approver-is-named"), named, "{updated_by}");
        assert_eq!(saved.verdict("role-session-is-named"), session, "{updated_by}");
    }
}

#[test]
fn the_state_and_the_history_are_compared_attempt_by_attempt() {
    let mut saved = Saved::retried();
    assert_eq!(saved.verdict("state-and-history-agree"), "holds");
    saved.state_of_answered()["lastUpdatedBy"] = json!(SESSION);
    assert_eq!(saved.verdict("state-and-history-agree"), "does-not-hold");
    saved.state = json!({"stageStates": []});
    assert_eq!(saved.verdict("state-and-history-agree"), "not-seen");
}

#[test]
fn tokens_are_compared_with_attempts_in_either_mode() {
    for (mode, looked_at, other) in [
        ("QUEUED", "token-is-the-attempt", "token-in-parallel-mode"),
        ("PARALLEL", "token-in-parallel-mode", "token-is-the-attempt"),
    ] {
        let mut saved = Saved::retried();
        saved.execution["pipelineExecution"]["executionMode"] = json!(mode);
        assert_eq!(saved.verdict(looked_at), "holds", "{mode}");
        assert_eq!(saved.verdict(other), "not-seen", "{mode}");
        let mut answered = saved.clone();
        answered.answered()["output"]["executionResult"]["externalExecutionId"] = json!("another");
        assert_eq!(answered.verdict(looked_at), "does-not-hold", "{mode}");
        let open = &mut saved.state["stageStates"][2]["actionStates"][0]["latestExecution"];
        assert!(open["token"].is_string());
        open["token"] = json!("another");
        assert_eq!(saved.verdict(looked_at), "does-not-hold", "{mode}");
    }
}

#[test]
fn the_revisions_of_the_history_are_compared_with_those_of_the_execution() {
    const FACT: &str = "source-names-its-revision";
    assert_eq!(Saved::retried().verdict(FACT), "holds");
    assert_eq!(Saved::recorded("rolled-back").verdict(FACT), "not-seen");
    for revision in [json!("another"), Value::Null] {
        let mut saved = Saved::retried();
        let actions = saved.actions["actionExecutionDetails"].as_array_mut().unwrap();
        let is_source =
            |action: &&mut Value| action["input"]["actionTypeId"]["category"] == "Source";
        let source = actions.iter_mut().find(is_source).unwrap();
        source["output"]["executionResult"]["externalExecutionId"] = revision.clone();
        assert_eq!(saved.verdict(FACT), "does-not-hold", "{revision}");
    }
    let mut saved = Saved::retried();
    saved.execution["pipelineExecution"]["artifactRevisions"] = json!([]);
    assert_eq!(saved.verdict(FACT), "does-not-hold");
}

#[test]
fn an_answer_that_is_noticed_too_late_or_too_early_is_told() {
    let noticed = |seconds: i32| {
        let mut saved = Saved::retried();
        saved.state_of_answered()["lastStatusChange"] = json!("2026-09-28T20:00:00.000000+01:00");
        // 2026-09-28T19:00:00Z
        saved.answered()["lastUpdateTime"] = json!(1_790_622_000 + seconds);
        saved.says("answer-is-noticed-within-a-minute")
    };
    for (seconds, verdict) in
        [(0, "holds"), (60, "holds"), (61, "does-not-hold"), (-1, "does-not-hold")]
    {
        let (said, seen) = noticed(seconds);
        assert_eq!(said, verdict, "{seconds}: {seen}");
    }
    assert_eq!(noticed(61).1, "2 answers, noticed after 34.9 s to 61.0 s");
}

#[test]
fn cloudtrail_tells_the_time_where_the_state_has_forgotten_it() {
    let noticed_after = "answer-is-noticed-within-a-minute";
    for (at, verdict) in [
        ("2026-09-28T19:00:00Z", "holds"),
        // CloudTrail drops the fraction of a second, so 61 may be just over 60.
        ("2026-09-28T18:59:29Z", "holds"),
        ("2026-09-28T18:59:28Z", "does-not-hold"),
        ("2026-09-28T19:01:00Z", "does-not-hold"),
        ("2026-09-28T18:58:00Z", "does-not-hold"),
    ] {
        let mut saved = Saved::retried();
        saved.state = json!({"stageStates": []});
        assert_eq!(saved.verdict(noticed_after), "not-seen");
        // 2026-09-28T19:00:30Z
        saved.answered()["lastUpdateTime"] = json!(1_790_622_030);
        saved.trail = Some(event(&mut saved, at, "arn:aws:iam::111122223333:user/alice"));
        assert_eq!(saved.verdict(noticed_after), verdict, "{at}");
    }
}

#[test]
fn cloudtrail_and_the_history_are_compared_by_token() {
    let fact = "trail-and-history-agree";
    let at = "2026-09-28T19:54:37Z";
    let mut saved = Saved::retried();
    assert_eq!(saved.verdict(fact), "not-seen");
    saved.trail = Some(event(&mut saved, at, "arn:aws:iam::111122223333:user/Alice"));
    assert_eq!(saved.verdict(fact), "holds");
    saved.trail = Some(event(&mut saved, at, SESSION));
    assert_eq!(saved.verdict(fact), "does-not-hold");
    saved.trail.as_mut().unwrap()["Records"][0]["requestParameters"]["token"] = json!("another");
    assert_eq!(saved.verdict(fact), "not-seen");
    saved.trail = Some(json!({}));
    let ran = saved.run(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("it holds no CloudTrail events"), "{}", ran.stderr);
}

#[test]
fn a_time_out_is_told_from_an_approval_that_could_not_be_asked_for() {
    let failed = |minutes: i32, code: Option<&str>| {
        let mut saved = Saved::retried();
        let approval = saved.answered();
        approval["status"] = json!("Failed");
        approval.as_object_mut().unwrap().remove("updatedBy");
        approval["startTime"] = json!(1_790_622_000);
        approval["lastUpdateTime"] = json!(1_790_622_000 + minutes * 60);
        if let Some(code) = code {
            approval["output"]["executionResult"]["errorDetails"] = json!({"code": code});
        }
        saved.says("time-out-has-no-error-code")
    };
    assert_eq!(failed(1, Some("PermissionError")).0, "not-seen");
    assert_eq!(failed(60, None).0, "holds");
    assert_eq!(
        failed(60, Some("ActionTimedOut")),
        (
            "does-not-hold".to_owned(),
            "0 of 1 time-outs have no error code: ActionTimedOut after 60 min".to_owned()
        )
    );
    // Neither is an answer after an hour, nor an approval that is open for an hour.
    for status in ["Failed", "Succeeded", "InProgress"] {
        let mut saved = Saved::retried();
        let approval = saved.answered();
        approval["status"] = json!(status);
        approval["startTime"] = json!(1_790_622_000);
        approval["lastUpdateTime"] = json!(1_790_625_600);
        if status == "InProgress" {
            approval.as_object_mut().unwrap().remove("updatedBy");
        }
        assert_eq!(saved.verdict("time-out-has-no-error-code"), "not-seen", "{status}");
    }
    // Whatever is not a code of AWS stays in the file.
    for other in ["At", "actionTimedOut", "Action timed out", &"A".repeat(41)] {
        let says = "0 of 1 time-outs have no error code: (a code of another form) after 60 min";
        assert_eq!(failed(60, Some(other)).1, says, "{other}");
    }
}

#[test]
fn a_stage_that_retried_itself_has_attempts_of_its_own() {
    let fact = "automatic-retry-opens-new-attempts";
    let mut saved = Saved::retried();
    assert_eq!(saved.verdict(fact), "not-seen");
    saved.state["stageStates"][1]["retryStageMetadata"] =
        json!({"autoStageRetryAttempt": 1, "latestRetryTrigger": "AutomatedStageRetry"});
    // The third approval was asked for once.
    let seen = "2 of 2 approvals that were asked again have attempts with different ids";
    assert_eq!(saved.says(fact), ("holds".to_owned(), seen.to_owned()));
    let mut another = saved.clone();
    another.state["stageStates"][1]["latestExecution"]["pipelineExecutionId"] = json!("another");
    assert_eq!(another.verdict(fact), "not-seen");
    let id = saved.actions["actionExecutionDetails"][3]["actionExecutionId"].clone();
    assert_eq!(saved.answered()["actionName"], "Retry");
    saved.answered()["actionExecutionId"] = id;
    assert_eq!(saved.verdict(fact), "does-not-hold");
}

#[test]
fn what_started_the_execution_is_judged_by_its_form() {
    let user = "arn:aws:iam::111122223333:user/alice";
    for (kind, detail, verdict) in [
        ("StartPipelineExecution", json!(user), "holds"),
        ("StartPipelineExecution", json!(SESSION), "holds"),
        ("StartPipelineExecution", Value::Null, "does-not-hold"),
        ("StartPipelineExecution", json!("alice"), "does-not-hold"),
        ("ManualRollback", json!(format!("{{\"AwsUserArn\":\"{user}\"}}")), "holds"),
        ("ManualRollback", json!(user), "does-not-hold"),
        ("AutomatedRollback", json!("{\"FailedPipelineExecutionId\":\"x\"}"), "holds"),
        ("CloudWatchEvent", json!("arn:aws:events:us-east-1:111122223333:rule/nightly"), "holds"),
        ("CloudWatchEvent", json!(user), "does-not-hold"),
        ("PollForSourceChanges", json!("Source"), "holds"),
        ("NewTrigger", json!(user), "does-not-hold"),
    ] {
        let mut saved = Saved::retried();
        *saved.trigger() = json!({"triggerType": kind, "triggerDetail": detail});
        assert_eq!(saved.verdict("trigger-names-the-starter"), verdict, "{kind} {detail}");
    }
    let text = str::to_owned;
    for (detail, shape) in [
        (json!({"AwsUserArn": user}).to_string(), "JSON with AwsUserArn"),
        (
            json!({"FailedPipelineExecutionId": "x"}).to_string(),
            "JSON with FailedPipelineExecutionId",
        ),
        (json!({"Other": user}).to_string(), "JSON of another form"),
        (text("\"alice\""), "text that is not an ARN"),
        (text("a rule:events:"), "text that is not an ARN"),
        (
            text("arn:aws:events:eu-west-1:111122223333:rule/nightly"),
            "the ARN of an EventBridge rule",
        ),
        (text("arn:aws:s3:::bucket"), "the ARN of something that is not a principal"),
    ] {
        let mut saved = Saved::retried();
        *saved.trigger() = json!({"triggerType": "ManualRollback", "triggerDetail": detail});
        let (_, seen) = saved.says("trigger-names-the-starter");
        assert_eq!(seen, format!("ManualRollback, detail: {shape}"));
    }
    let mut saved = Saved::retried();
    *saved.trigger() = json!({});
    assert_eq!(saved.verdict("trigger-names-the-starter"), "not-seen");
}

#[test]
fn what_the_gates_log_says_is_reported_fact_by_fact() {
    let facts = [
        ("own-run-is-in-the-history", "/ownRunBy", json!("place")),
        ("job-names-the-execution", "/getJobDetails/pipelineExecutionId", json!(false)),
        ("job-names-the-action", "/getJobDetails/actionName", json!(false)),
        ("job-names-the-attempt", "/getJobDetails/actionExecutionId", json!(false)),
        ("job-shows-the-configuration", "/getJobDetails/functionName", json!(false)),
        ("job-fills-in-variables", "/getJobDetails/userParameters", json!("variable")),
    ];
    for (fact, place, otherwise) in facts.clone() {
        assert_eq!(Saved::retried().verdict(fact), "not-seen", "{fact}");
        let holds = Saved::retried().with_log(&[everything(), everything()]);
        assert_eq!(holds.verdict(fact), "holds", "{fact}");
        let mut line = everything();
        *line.pointer_mut(place).unwrap() = otherwise;
        let one_of_two = Saved::retried().with_log(&[everything(), line]);
        for (other, ..) in &facts {
            let verdict = if *other == fact { "does-not-hold" } else { "holds" };
            assert_eq!(one_of_two.verdict(other), verdict, "{fact} {other}");
        }
        let early = Saved::retried().with_log(&[json!({})]);
        assert_eq!(early.verdict(fact), "not-seen", "{fact}");
    }
}

#[test]
fn the_runs_in_the_gates_log_are_counted() {
    let with = |place: &str, value: Value| {
        let mut line = everything();
        *line.pointer_mut(place).unwrap() = value;
        line
    };
    let by_place = with("/ownRunBy", json!("place"));
    let ended = with("/ownRunBy", Value::Null);
    let saved = Saved::retried().with_log(&[everything(), by_place.clone(), by_place, ended]);
    let seen = "4 runs of the gate: found by id 1, by place 2, ended before it looked 1";
    assert_eq!(
        saved.says("own-run-is-in-the-history"),
        ("does-not-hold".to_owned(), seen.to_owned())
    );
    let one = Saved::retried().with_log(&[everything()]);
    let seen = "1 run of the gate: found by id 1, by place 0, ended before it looked 0";
    assert_eq!(one.says("own-run-is-in-the-history").1, seen);
    let given = |words: &str| with("/getJobDetails/userParameters", json!(words));
    for (other, seen) in [
        ("other", "with a variable 0, something else 1, without UserParameters 0"),
        ("variable", "with a variable 1, something else 0, without UserParameters 0"),
        ("none", "with a variable 0, something else 0, without UserParameters 1"),
    ] {
        let saved = Saved::retried().with_log(&[everything(), given(other)]);
        let verdict = if other == "none" { "holds" } else { "does-not-hold" };
        let seen = format!("2 runs of the gate: as in the event 1, {seen}");
        assert_eq!(saved.says("job-fills-in-variables"), (verdict.to_owned(), seen), "{other}");
    }
}
