//! The files that `policygen evidence` reads: histories and CloudTrail events in the forms that
//! programs and consoles export.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::evidence::{alone, only_verdict};
use crate::history::{Saved, execution};
use crate::program::{Ran, policygen};

const USERS: [(&str, &str, &str); 2] =
    [("ApprovalA", "alice", "2026-01-02T10:01:40Z"), ("ApprovalB", "bob", "2026-01-02T10:02:10Z")];

/// The event records of both answers.
fn records() -> Vec<Value> {
    let record = |(slot, user, time): (&str, &str, &str)| {
        json!({"eventName": "PutApprovalResult", "eventTime": time, "eventID": slot,
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:user/{user}"), "sessionContext": null},
            "requestParameters": {"pipelineName": "payments", "stageName": "Approve", "actionName": slot,
                "token": format!("token-{slot}"), "result": {"status": "Approved"}}})
    };
    USERS.map(record).to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_trail(trail: &Path) -> Ran {
    let trail = trail.to_str().unwrap();
    alone(
        &execution(),
        &["--cloudtrail-file", trail, "--account", "111122223333", "--fail-on", "note"],
    )
}

/// The number of approvals with an event.
fn confirmed(ran: &Ran) -> usize {
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let approvals = report["executions"][0]["approvals"].as_array().unwrap().clone();
    approvals.iter().filter(|approval| approval["atIs"] == "answered").count()
}

#[test]
fn every_form_in_which_events_are_handed_over_is_read() {
    let records = records();
    let other = json!({"eventName": "StartPipelineExecution", "eventTime": "2026-01-02T10:00:00Z"});
    let lines =
        |events: &[Value]| events.iter().map(|event| format!("{event}\n")).collect::<String>();
    let bridge = |detail: &Value| json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": detail});
    let bridged: Vec<Value> = records.iter().map(bridge).collect();
    let messages: Vec<Value> =
        records.iter().map(|it| json!({"timestamp": 1, "message": it.to_string()})).collect();
    let looked_up: Vec<Value> = records
        .iter()
        .map(|it| json!({"EventId": "e", "CloudTrailEvent": it.to_string()}))
        .collect();
    let log = json!({"Records": [records[0], other, records[1]]}).to_string();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("events");
    for (form, content, expected) in [
        ("the log of a trail", log.clone().into_bytes(), 2),
        ("a compressed log", gzip(log.as_bytes()), 2),
        (
            "two compressed logs in one file",
            [gzip(lines(&records[..1]).as_bytes()), gzip(lines(&records[1..]).as_bytes())].concat(),
            2,
        ),
        ("aws cloudtrail lookup-events", json!({"Events": looked_up}).to_string().into_bytes(), 2),
        (
            "aws logs filter-log-events",
            json!({"events": messages, "searchedLogStreams": []}).to_string().into_bytes(),
            2,
        ),
        ("an event record", records[0].to_string().into_bytes(), 1),
        ("a list of event records", json!(records).to_string().into_bytes(), 2),
        ("event records one a line", lines(&records).into_bytes(), 2),
        ("an event of EventBridge", bridged[0].to_string().into_bytes(), 1),
        ("events of EventBridge one a line", lines(&bridged).into_bytes(), 2),
        (
            "logs one a line",
            lines(&[json!({"Records": records[..1]}), json!({"Records": records[1..]})])
                .into_bytes(),
            2,
        ),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(confirmed(&with_trail(&path)), expected, "{form}");
    }
}

#[test]
fn a_file_that_holds_no_events_is_refused_with_what_would_do() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("events");
    let deep = format!("{}{}", "[".repeat(64), "]".repeat(64));
    let nested = (0..64).fold(json!("PutApprovalResult"), |inner, _| json!([inner])).to_string();
    for (content, reason) in [
        (b"7".to_vec(), "holds no CloudTrail events"),
        (b"{}".to_vec(), "holds no CloudTrail events"),
        (json!({"detail": {}}).to_string().into_bytes(), "holds no CloudTrail events"),
        (
            json!({"pipelineExecutionSummaries": []}).to_string().into_bytes(),
            "holds no CloudTrail events",
        ),
        (nested.into_bytes(), "holds no CloudTrail events"),
        (b"PutApprovalResult".to_vec(), "is not JSON"),
        (json!({"events": [], "nextToken": "t"}).to_string().into_bytes(), "only the first part"),
        (gzip(b"{}")[..12].to_vec(), "is broken or incomplete"),
    ] {
        fs::write(&path, &content).unwrap();
        let ran = with_trail(&path);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (1, ""),
            "{}",
            String::from_utf8_lossy(&content)
        );
        assert!(
            ran.stderr.contains(reason),
            "{}: {}",
            String::from_utf8_lossy(&content),
            ran.stderr
        );
    }
    fs::write(&path, deep).unwrap();
    assert_eq!(confirmed(&with_trail(&path)), 0, "nothing in it matters");
}

/// The start of a session has its credentials, and serde quotes a text where it wants a list.
#[test]
fn an_error_about_events_quotes_nothing_of_them() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("events");
    let start = json!({"eventName": "AssumeRole", "eventTime": "2026-01-02T09:00:00Z",
        "userIdentity": {"type": "IAMUser"},
        "responseElements": {"credentials": {"sessionToken": "hunter2"}}});
    let with = |member: &str, value: Value| {
        let mut event = start.clone();
        event[member] = value;
        event
    };
    let time = with("eventTime", json!("hunter2"));
    let identity = with("userIdentity", json!("hunter2"));
    for (content, reason) in [
        (json!({"Events": start.to_string()}), "wrong type, at line 1 column"),
        (json!({"Records": [time]}), "an event of AssumeRole cannot be read"),
        (json!({"Records": [identity]}), "wrong type, at line 1 column"),
        (json!({"Records": [{"eventName": "AssumeRole", "x": "hunter2"}]}), "missing field `event"),
    ] {
        fs::write(&path, content.to_string()).unwrap();
        let ran = with_trail(&path);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{content}");
        assert!(ran.stderr.contains(reason), "{content}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{content}: {}", ran.stderr);
    }
}

/// The layout of CloudTrail's bucket: thousands of files in folders by account, region and day.
#[test]
fn a_directory_of_logs_is_read_without_the_digests_beside_them() {
    let directory = TempDir::new().unwrap();
    let day = |kind: &str| {
        let path =
            directory.path().join("AWSLogs/111122223333").join(kind).join("eu-west-1/2026/01/02");
        fs::create_dir_all(&path).unwrap();
        path
    };
    let ran = with_trail(directory.path());
    assert!(
        ran.code == 1 && ran.stderr.contains("has no file whose name ends in .json"),
        "{}",
        ran.stderr
    );
    for (position, record) in records().into_iter().enumerate() {
        let log = gzip(json!({"Records": [record]}).to_string().as_bytes());
        fs::write(day("CloudTrail").join(format!("{position}.json.gz")), log).unwrap();
    }
    fs::write(
        day("CloudTrail-Digest").join("digest.json.gz"),
        gzip(b"{\"digestStartTime\": \"\"}"),
    )
    .unwrap();
    fs::write(day("CloudTrail").join("README"), "not a log").unwrap();
    assert_eq!(confirmed(&with_trail(directory.path())), 2);
}

/// Other SDKs print `null` for absent members, at any place of either list.
#[test]
fn what_is_null_is_as_absent() {
    fn with_nulls(value: &mut Value, absent: &[&str]) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(|value| with_nulls(value, absent));
                for name in absent {
                    members.entry(*name).or_insert(Value::Null);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| with_nulls(item, absent)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let absent = [
        "sourceRevisions",
        "trigger",
        "stopTrigger",
        "startTime",
        "lastUpdateTime",
        "executionMode",
        "executionType",
        "updatedBy",
        "input",
        "output",
        "configuration",
        "resolvedConfiguration",
        "executionResult",
        "outputVariables",
        "errorDetails",
        "externalExecutionSummary",
        "region",
        "triggerDetail",
        "reason",
        "revisionSummary",
        "nextToken",
    ];
    let mut saved = execution();
    for list in [&mut saved.executions, &mut saved.actions] {
        list.iter_mut().for_each(|value| with_nulls(value, &absent));
    }
    assert_eq!(only_verdict(&alone(&saved, &[])), "satisfied");
    let nothing = |mut saved: Saved| {
        saved.executions[0]["trigger"] = Value::Null;
        saved.executions[0]["sourceRevisions"] = Value::Null;
        saved.action("Source")["output"] = Value::Null;
        saved
    };
    assert_eq!(only_verdict(&alone(&nothing(execution()), &[])), "satisfied");
}

/// Some lists do not show the value of a variable.
#[test]
fn an_unresolved_variable_is_the_executions_own_id() {
    let with = |parameters: &str| {
        let mut saved = execution();
        let input = saved.action("Gate")["input"].as_object_mut().unwrap();
        input.remove("resolvedConfiguration");
        input["configuration"]["UserParameters"] = json!(parameters);
        only_verdict(&alone(&saved, &[]))
    };
    assert_eq!(
        with(r##"{"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##),
        "satisfied"
    );
    assert_eq!(with(r##"{"pipelineExecutionId": "#{variables.id}"}"##), "error");
}

/// A spreadsheet has no place for a note about the whole report.
#[test]
fn the_notes_of_a_report_stand_beside_a_spreadsheet() {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = execution().write(&directory);
    let ran = policygen(&[
        "evidence",
        "--pipeline",
        "payments",
        "--format",
        "csv",
        "--input",
        &executions,
        "--input",
        &actions,
    ]);
    assert!(ran.stderr.contains("note: Nothing says which account"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("Nothing says"), "{}", ran.stdout);
}

/// A plain file is read in pieces, everything else as a whole. A pipe can be read only once.
#[cfg(unix)]
#[test]
fn a_list_means_the_same_in_every_form_and_through_a_pipe() {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = execution().write(&directory);
    let report = |actions: &str| {
        let files = ["--input", &executions, "--input", actions];
        let ran = policygen(
            &[&["evidence", "--pipeline", "payments", "--format", "json"], &files[..]].concat(),
        );
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        report["executions"].clone()
    };
    let plain = fs::read(&actions).unwrap();
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(str::from_utf8(&plain).unwrap().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let expected = report(&actions);
    assert_eq!(expected[0]["verdict"], "satisfied");
    for (form, content) in [("plain", plain.clone()), ("gzip", gzip(&plain)), ("UTF-16", utf16)] {
        let path = directory.path().join(form);
        fs::write(&path, &content).unwrap();
        assert_eq!(report(path.to_str().unwrap()), expected, "{form}");
        let pipe = directory.path().join(format!("{form}-pipe"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::write(pipe, content)
        });
        assert_eq!(report(pipe.to_str().unwrap()), expected, "{form} through a pipe");
        writer.join().unwrap().unwrap();
    }
}
