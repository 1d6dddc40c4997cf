//! The report of `policygen doctor --facts` as its users see it.

use serde_json::{Value, json};

use crate::checker::{file, file_of, text};
use crate::facts_saved::{SESSION, Saved, event, everything};
use crate::program::{policygen, policygen_reading};
use crate::server;

#[test]
fn a_recorded_execution_in_words_and_for_programs() {
    let recorded = Saved::retried().with_log(&[everything()]);
    let ran = recorded.run(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("recorded", ran.stdout);
    let ran = recorded.run(&["--format", "json"]);
    insta::assert_snapshot!("recorded-json", ran.stdout);
}

/// Names, ids, account numbers and other data that a user may not want to send.
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
        let json = json.replace("user/alice", "user/zqalice").replace("source.zip", "zqzip");
        *value = serde_json::from_str(&json).unwrap();
    };
    for part in [&mut saved.execution, &mut saved.actions, &mut saved.state] {
        marked(part);
    }
    for change in 0..8 {
        let mut saved = saved.clone().with_log(&[everything()]);
        saved.trail =
            Some(event(&mut saved, "2026-09-28T19:54:37Z", "arn:aws:iam::111122223333:user/zqeve"));
        match change {
            0 => saved.answered()["updatedBy"] = json!("zq@example.com"),
            1 => saved.answered()["updatedBy"] = json!(SESSION.replace("dora", "zqdora")),
            2 => *saved.trigger() = json!({"triggerType": "zq type", "triggerDetail": "zqdetail"}),
            3 => {
                *saved.trigger() =
                    json!({"triggerType": "ManualRollback", "triggerDetail": "{\"zqkey\": 1}"})
            }
            4 => saved.execution["pipelineExecution"]["executionMode"] = json!("zqmode"),
            5 => {
                let approval = saved.answered();
                approval.as_object_mut().unwrap().remove("updatedBy");
                approval["status"] = json!("Failed");
                approval["startTime"] = json!(1_790_622_000);
                approval["output"]["executionResult"]["errorDetails"] =
                    json!({"code": "zq code", "message": "zq"});
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
        let (_, body) = answers.iter().find(|(operation, _)| request.contains(operation)).unwrap();
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
        ("{", "it is not JSON"),
        ("{}", "it holds neither `pipelineExecutionSummaries`"),
        ("{\"stageStates\": 7}", "it is not the output of `aws codepipeline get-pipeline-state`"),
        ("{\"pipelineExecution\": {}}", "has no `pipelineExecutionId`"),
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
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
    }
    for format in ["sarif", "csv"] {
        assert_eq!(saved.run(&["--format", format]).code, 2, "{format}");
    }
    let mut fails = saved.clone();
    fails.answered()["updatedBy"] = Value::Null;
    assert_eq!(fails.run(&[]).code, 10);
    assert_eq!(fails.run(&["--fail-on", "never"]).code, 0);
}
