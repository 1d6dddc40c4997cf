//! `policygen doctor --facts` over what the real service once answered, and over that with one change.

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{file, file_of, text};
use crate::program::{Ran, fixture, policygen, policygen_reading};
use crate::server;

/// One execution as somebody saved it.
#[derive(Clone)]
struct Saved {
    id: String,
    execution: Value,
    actions: Value,
    state: Value,
    log: Option<String>,
    trail: Option<Value>,
}

impl Saved {
    /// Replies of the real service, with all names replaced.
    fn recorded(name: &str) -> Self {
        let read = |part: &str| -> Value {
            let path = fixture(&format!("facts/{name}/{part}.json"));
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let execution = read("execution");
        Self {
            id: execution["pipelineExecution"]["pipelineExecutionId"]
                .as_str()
                .unwrap()
                .to_owned(),
            execution,
            actions: read("actions"),
            state: read("state"),
            log: None,
            trail: None,
        }
    }

    /// Three approvals in a row, retried twice, all answered by an IAM user.
    fn retried() -> Self {
        Self::recorded("retried")
    }

    fn with_log(mut self, lines: &[Value]) -> Self {
        self.log = Some(
            lines
                .iter()
                .map(|facts| format!("{}\n", json!({"facts": facts})))
                .collect(),
        );
        self
    }

    /// The newest answered approval in the history.
    fn answered(&mut self) -> &mut Value {
        &mut self.actions["actionExecutionDetails"][1]
    }

    /// The same in the state.
    fn state_of_answered(&mut self) -> &mut Value {
        let id = self.answered()["actionExecutionId"].clone();
        let stages = self.state["stageStates"].as_array_mut().unwrap().iter_mut();
        let actions = stages.flat_map(|stage| stage["actionStates"].as_array_mut().unwrap());
        let mut runs = actions.map(|action| &mut action["latestExecution"]);
        runs.find(|run| run["actionExecutionId"] == id).unwrap()
    }

    fn trigger(&mut self) -> &mut Value {
        &mut self.execution["pipelineExecution"]["trigger"]
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let files: Vec<NamedTempFile> = [&self.execution, &self.actions, &self.state].map(file).into();
        let log = self.log.as_deref().map(file_of);
        let mut all = vec!["doctor", "--facts", "--pipeline", "payments", "--execution", &self.id];
        all.extend(files.iter().flat_map(|file| ["--input", text(file.path())]));
        all.extend(log.iter().flat_map(|file| ["--log", text(file.path())]));
        let trail = self.trail.as_ref().map(file);
        all.extend(trail.iter().flat_map(|file| ["--cloudtrail-file", text(file.path())]));
        all.extend(arguments);
        policygen(&all)
    }

    /// The verdict on a fact, and what was seen of it.
    fn says(&self, fact: &str) -> (String, String) {
        let ran = self.run(&["--format", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        let facts = report["facts"].as_array().unwrap();
        let fails = facts.iter().any(|found| found["verdict"] == "does-not-hold");
        assert_eq!(ran.code, if fails { 10 } else { 0 });
        let found = facts.iter().find(|found| found["fact"] == fact).unwrap();
        let word = |key: &str| found[key].as_str().unwrap().to_owned();
        assert_eq!(word("documentation"), format!("docs/facts.md#{fact}"));
        (word("verdict"), word("seen"))
    }

    fn verdict(&self, fact: &str) -> String {
        self.says(fact).0
    }
}

/// What a gate logs to which AWS gives everything.
fn everything() -> Value {
    json!({
        "getJobDetails": {
            "pipelineExecutionId": true,
            "actionName": true,
            "actionExecutionId": true,
            "functionName": true,
            "userParameters": "event",
        },
        "ownRunBy": "id",
    })
}

#[test]
fn a_recorded_execution_in_words_and_for_programs() {
    let recorded = Saved::retried().with_log(&[everything()]);
    let ran = recorded.run(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("recorded", ran.stdout);
    let ran = recorded.run(&["--format", "json"]);
    insta::assert_snapshot!("recorded-json", ran.stdout);
}

#[test]
fn a_recorded_rollback_names_its_starter_in_json() {
    let (verdict, seen) = Saved::recorded("rolled-back").says("trigger-names-the-starter");
    assert_eq!(
        (verdict.as_str(), seen.as_str()),
        ("holds", "ManualRollback, detail: JSON with AwsUserArn")
    );
}

const SESSION: &str =
    "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora@example.com";

#[test]
fn who_answered_is_judged_by_the_form_of_the_name() {
    for (updated_by, named, session) in [
        (json!("arn:aws:iam::111122223333:user/bob"), "holds", "not-seen"),
        (json!(SESSION), "holds", "holds"),
        (
            json!("arn:aws:iam::111122223333:role/Approver"),
            "holds",
            "does-not-hold",
        ),
        (
            json!("arn:aws:sts::111122223333:assumed-role/Approver"),
            "holds",
            "does-not-hold",
        ),
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
fn an_answer_that_is_noticed_too_late_or_too_early_is_told() {
    let noticed = |seconds: i32| {
        let mut saved = Saved::retried();
        saved.state_of_answered()["lastStatusChange"] = json!("2026-09-28T20:00:00.000000+01:00");
        // 2026-09-28T19:00:00Z
        saved.answered()["lastUpdateTime"] = json!(1_790_622_000 + seconds);
        saved.says("answer-is-noticed-within-a-minute")
    };
    for (seconds, verdict) in [
        (0, "holds"),
        (60, "holds"),
        (61, "does-not-hold"),
        (-1, "does-not-hold"),
    ] {
        let (said, seen) = noticed(seconds);
        assert_eq!(said, verdict, "{seconds}: {seen}");
    }
    assert_eq!(noticed(61).1, "2 answers, noticed after 34.9 s to 61.0 s");
}

/// CloudTrail's record of the newest answer in the history, given then by this principal.
fn event(saved: &mut Saved, at: &str, by: &str) -> Value {
    let approval = saved.answered();
    json!({"Records": [{
        "eventName": "PutApprovalResult",
        "eventTime": at,
        "eventID": "1",
        "userIdentity": {"type": "IAMUser", "arn": by},
        "requestParameters": {
            "pipelineName": "payments",
            "stageName": approval["stageName"],
            "actionName": approval["actionName"],
            "token": approval["actionExecutionId"],
            "result": {"status": "Approved", "summary": "reviewed"},
        },
    }]})
}

#[test]
fn cloudtrail_tells_the_time_where_the_state_has_forgotten_it() {
    let noticed_after = "answer-is-noticed-within-a-minute";
    for (at, verdict) in [
        ("2026-09-28T19:00:00Z", "holds"),
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
    assert!(ran.stderr.contains("neither the log of a trail"), "{}", ran.stderr);
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
}

#[test]
fn a_stage_that_retried_itself_has_attempts_of_its_own() {
    let fact = "automatic-retry-opens-new-attempts";
    let mut saved = Saved::retried();
    assert_eq!(saved.verdict(fact), "not-seen");
    saved.state["stageStates"][1]["retryStageMetadata"] =
        json!({"autoStageRetryAttempt": 1, "latestRetryTrigger": "AutomatedStageRetry"});
    assert_eq!(saved.verdict(fact), "holds");
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
        (
            "ManualRollback",
            json!(format!("{{\"AwsUserArn\":\"{user}\"}}")),
            "holds",
        ),
        ("ManualRollback", json!(user), "does-not-hold"),
        (
            "AutomatedRollback",
            json!("{\"FailedPipelineExecutionId\":\"x\"}"),
            "holds",
        ),
        (
            "CloudWatchEvent",
            json!("arn:aws:events:us-east-1:111122223333:rule/nightly"),
            "holds",
        ),
        ("CloudWatchEvent", json!(user), "does-not-hold"),
        ("PollForSourceChanges", json!("Source"), "holds"),
        ("NewTrigger", json!(user), "does-not-hold"),
    ] {
        let mut saved = Saved::retried();
        *saved.trigger() = json!({"triggerType": kind, "triggerDetail": detail});
        assert_eq!(saved.verdict("trigger-names-the-starter"), verdict, "{kind} {detail}");
    }
    let mut saved = Saved::retried();
    *saved.trigger() = json!({});
    assert_eq!(saved.verdict("trigger-names-the-starter"), "not-seen");
}

#[test]
fn what_the_gates_log_says_is_reported_fact_by_fact() {
    let facts = [
        ("own-run-is-in-the-history", "/ownRunBy", json!("place")),
        (
            "job-names-the-execution",
            "/getJobDetails/pipelineExecutionId",
            json!(false),
        ),
        ("job-names-the-action", "/getJobDetails/actionName", json!(false)),
        (
            "job-names-the-attempt",
            "/getJobDetails/actionExecutionId",
            json!(false),
        ),
        (
            "job-shows-the-configuration",
            "/getJobDetails/functionName",
            json!(false),
        ),
        (
            "job-fills-in-variables",
            "/getJobDetails/userParameters",
            json!("variable"),
        ),
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

/// Names, ids, account numbers and everything else that somebody may not want to send in.
#[test]
fn the_report_names_nobody() {
    let mut saved = Saved::retried();
    let marked = |value: &mut Value| {
        let json = value.to_string();
        let names = [
            "payments", "Source", "Gate", "Accept", "Retry", "Final", "Finish", "alice", "reviewed",
        ];
        let json = names
            .iter()
            .fold(json, |json, name| json.replace(&format!("\"{name}\""), "\"zqname\""));
        let json = json
            .replace("user/alice", "user/zqalice")
            .replace("source.zip", "zqzip");
        *value = serde_json::from_str(&json).unwrap();
    };
    for part in [&mut saved.execution, &mut saved.actions, &mut saved.state] {
        marked(part);
    }
    for change in 0..8 {
        let mut saved = saved.clone().with_log(&[everything()]);
        saved.trail = Some(event(
            &mut saved,
            "2026-09-28T19:54:37Z",
            "arn:aws:iam::111122223333:user/zqeve",
        ));
        match change {
            0 => saved.answered()["updatedBy"] = json!("zq@example.com"),
            1 => saved.answered()["updatedBy"] = json!(SESSION.replace("dora", "zqdora")),
            2 => *saved.trigger() = json!({"triggerType": "zq type", "triggerDetail": "zqdetail"}),
            3 => *saved.trigger() = json!({"triggerType": "ManualRollback", "triggerDetail": "{\"zqkey\": 1}"}),
            4 => saved.execution["pipelineExecution"]["executionMode"] = json!("zqmode"),
            5 => {
                let approval = saved.answered();
                approval.as_object_mut().unwrap().remove("updatedBy");
                approval["status"] = json!("Failed");
                approval["startTime"] = json!(1_790_622_000);
                approval["output"]["executionResult"]["errorDetails"] = json!({"code": "zq code", "message": "zq"});
            }
            6 => saved.log = Some(format!("zq 111122223333 {}", saved.log.unwrap())),
            _ => saved.state_of_answered()["token"] = json!("zqtoken"),
        }
        for format in ["human", "json"] {
            let ran = saved.run(&["--format", format]);
            assert_ne!(ran.stdout, "", "{change}: {}", ran.stderr);
            assert!(!ran.stdout.contains("zq"), "{change}: {}", ran.stdout);
            assert!(!ran.stdout.contains("111122223333"), "{change}: {}", ran.stdout);
            assert!(!ran.stdout.contains("arn:"), "{change}: {}", ran.stdout);
            let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
            let mut words = ran.stdout.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            assert_eq!(words.find(|word| is_id(word)), None, "{change}");
        }
    }
}

#[test]
fn what_is_asked_of_aws_gives_what_files_give() {
    let saved = Saved::recorded("rolled-back").with_log(&[everything()]);
    let summary = json!({"pipelineExecutionSummaries": [saved.execution["pipelineExecution"]]});
    let answers = [
        ("listpipelineexecutions", summary),
        ("listactionexecutions", saved.actions.clone()),
        ("getpipelinestate", saved.state.clone()),
    ];
    let answer = move |request: &str| {
        let (_, body) = answers
            .iter()
            .find(|(operation, _)| request.contains(operation))
            .unwrap();
        (200, body.to_string())
    };
    let log = file_of(saved.log.as_deref().unwrap());
    let arguments = [
        "doctor",
        "--facts",
        "--region",
        "eu-west-1",
        "--pipeline",
        "payments",
        "--execution",
        &saved.id,
        "--log",
        text(log.path()),
    ];
    let live = server::live("application/x-amz-json-1.1", answer, &arguments);
    assert_eq!((live.code, live.stderr.as_str()), (0, ""));
    assert_eq!(live.stdout, saved.run(&[]).stdout);
}

#[test]
fn what_is_not_such_a_file_is_refused() {
    let saved = Saved::retried();
    let facts = ["doctor", "--facts", "--pipeline", "payments", "--execution", &saved.id];
    for (content, words) in [
        ("", "it is not JSON"),
        ("{}", "it holds neither `pipelineExecutionSummaries`"),
        (
            "{\"stageStates\": 7}",
            "it is not what `aws codepipeline get-pipeline-state` prints",
        ),
        ("{\"pipelineExecution\": {}}", "lacks `pipelineExecutionId`"),
    ] {
        let input = file_of(content);
        let ran = policygen(&[&facts[..], &["--input", text(input.path())]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{content}");
        assert!(ran.stderr.contains(words), "{content}: {}", ran.stderr);
    }
    let state = file(&saved.state);
    let log = policygen_reading(
        "START\n",
        &[&facts[..], &["--input", text(state.path()), "--log", "-"]].concat(),
    );
    assert_eq!((log.code, log.stdout.as_str()), (1, ""));
    assert!(log.stderr.contains("--filter-pattern facts"), "{}", log.stderr);
}

#[test]
fn an_execution_that_is_not_there_is_nothing_to_look_at() {
    let mut saved = Saved::retried();
    saved.id = "another".to_owned();
    let ran = saved.run(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("has no execution `another`"), "{}", ran.stderr);
}

#[test]
fn facts_are_those_of_one_execution_of_one_pipeline() {
    let saved = Saved::retried();
    for arguments in [
        &["--facts", "--pipeline", "payments"][..],
        &["--facts", "--execution", "x"],
        &["--facts", "--all", "--execution", "x"],
        &["--facts", "--pipeline", "a", "--pipeline", "b", "--execution", "x"],
        &["--pipeline", "payments", "--execution", "x"],
        &["--pipeline", "payments", "--log", "x"],
        &["--facts", "--pipeline", "a", "--execution", "x", "--rule", "rule.json"],
    ] {
        let ran = policygen(&[&["doctor"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    for format in ["sarif", "csv"] {
        assert_eq!(saved.run(&["--format", format]).code, 2, "{format}");
    }
    let mut fails = saved.clone();
    fails.answered()["updatedBy"] = Value::Null;
    assert_eq!(fails.run(&[]).code, 10);
    assert_eq!(fails.run(&["--fail-on", "never"]).code, 0);
}
