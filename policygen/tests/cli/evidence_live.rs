//! `policygen evidence` with a server in place of AWS that throttles, refuses and answers in pages.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::evidence::without_cover;
use crate::history::{Saved, execution, released};
use crate::program::{Ran, command, policygen, ran};

/// Answers an operation and its body with a status and a body.
type Answer = dyn FnMut(&str, &Value) -> (u16, Value) + Send;

/// Serves on loopback until the test ends, and returns the address.
pub(crate) fn serve(answer: impl FnMut(&str, &Value) -> (u16, Value) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer: Arc<Mutex<Box<Answer>>> = Arc::new(Mutex::new(Box::new(answer)));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || while respond(&stream, &answer).is_some() {});
        }
    });
    url
}

fn respond(mut stream: &TcpStream, answer: &Mutex<Box<Answer>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut operation, mut length) = (String::new(), 0);
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if lower.starts_with("x-amz-target:") {
            operation = line.trim().rsplit('.').next()?.to_owned();
        }
        line.clear();
    }
    if operation.is_empty() {
        return None;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, reply) = answer.lock().unwrap()(&operation, &serde_json::from_slice(&body).ok()?);
    let reply = reply.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        reply.len()
    );
    stream.write_all((head + &reply).as_bytes()).ok()
}

fn evidence(url: &str, arguments: &[&str]) -> Ran {
    let output = command()
        .envs([
            ("AWS_ACCESS_KEY_ID", "bob"),
            ("AWS_SECRET_ACCESS_KEY", "not-checked"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .args([
            "evidence",
            "--pipeline",
            "payments",
            "--region",
            "eu-west-1",
            "--endpoint-url",
            url,
            "--format",
            "json",
        ])
        .args(arguments)
        .output()
        .unwrap();
    ran(&output)
}

/// Times as the service writes them.
fn in_seconds(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), timed(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(in_seconds).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn timed(name: &str, value: &Value) -> Value {
    if !["startTime", "lastUpdateTime"].contains(&name) {
        return in_seconds(value);
    }
    let at: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a time of this century in milliseconds")]
    let seconds = at.as_millisecond() as f64 / 1000.0;
    json!(seconds)
}

/// The history in pages of this size.
pub(crate) fn paged(saved: &Saved, size: usize, operation: &str, body: &Value) -> Value {
    let (list, items): (&str, Vec<&Value>) = if operation == "ListPipelineExecutions" {
        ("pipelineExecutionSummaries", saved.executions.iter().collect())
    } else {
        let id = &body["filter"]["pipelineExecutionId"];
        let of_execution =
            saved.actions.iter().filter(|action| action["pipelineExecutionId"] == *id);
        ("actionExecutionDetails", of_execution.collect())
    };
    let position: usize = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let rest = items.get(position..).unwrap_or_default();
    let next = (rest.len() > size).then(|| (position + size).to_string());
    let page: Vec<Value> = rest.iter().take(size).map(|item| in_seconds(item)).collect();
    json!({list: page, "nextToken": next})
}

fn history() -> Saved {
    execution().with(released("22222222-2222-4222-8222-222222222222", 1))
}

#[test]
fn pages_are_joined_to_what_the_saved_lists_give() {
    let saved = history();
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let url = serve(move |operation, body| {
        *seen.lock().unwrap() += 1;
        (200, paged(&saved, 1, operation, body))
    });
    let live = evidence(&url, &[]);
    assert_eq!(live.code, 0, "{}", live.stderr);
    // And GetPipeline, for the account.
    assert_eq!(*calls.lock().unwrap(), 2 + 2 * 5 + 1);
    assert_eq!(without_cover(&live.stdout), without_cover(&from_files(&history())));
    let report: Value = serde_json::from_str(&live.stdout).unwrap();
    let sources = json!([
        {"kind": "calls", "operation": "codepipeline:ListPipelineExecutions", "requests": 2, "entries": 2},
        {"kind": "calls", "operation": "codepipeline:ListActionExecutions", "requests": 10, "entries": 10},
    ]);
    assert_eq!(report["cover"]["sources"], sources);
}

fn from_files(saved: &Saved) -> String {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    let arguments = [
        "evidence",
        "--pipeline",
        "payments",
        "--format",
        "json",
        "--input",
        &executions,
        "--input",
        &actions,
    ];
    policygen(&arguments).stdout
}

/// The SDK slows down after throttling, so the history is short.
#[test]
fn a_throttled_request_is_tried_again() {
    let mut throttled = false;
    let url = serve(move |operation, body| {
        if !std::mem::replace(&mut throttled, true) {
            return (400, json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
        }
        (200, paged(&execution(), 100, operation, body))
    });
    let live = evidence(&url, &[]);
    assert_eq!(live.code, 0, "{}", live.stderr);
    assert_eq!(without_cover(&live.stdout), without_cover(&from_files(&execution())));
}

#[test]
fn a_period_asks_for_no_other_execution() {
    let saved = history();
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let url = serve(move |operation, body| {
        *seen.lock().unwrap() += usize::from(operation == "ListActionExecutions");
        (200, paged(&saved, 1, operation, body))
    });
    assert_eq!(evidence(&url, &["--since", "2026-01-02"]).code, 0);
    assert_eq!(*calls.lock().unwrap(), 5, "one execution of five actions");
}

#[test]
fn a_missing_permission_is_named() {
    let url = serve(|_, _| {
        (400, json!({"__type": "AccessDeniedException", "message": "User bob is not authorized"}))
    });
    let refused = evidence(&url, &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    let expected =
        "error: AWS refuses codepipeline:ListPipelineExecutions: User bob is not authorized";
    assert!(refused.stderr.starts_with(expected), "{}", refused.stderr);
}

#[test]
fn pages_that_go_round_in_circles_end() {
    let url = serve(|_, _| (200, json!({"pipelineExecutionSummaries": [], "nextToken": "again"})));
    let circle = evidence(&url, &[]);
    assert_eq!(circle.code, 1);
    assert!(circle.stderr.contains("names a page that was read already"), "{}", circle.stderr);
}

#[test]
fn an_action_execution_of_nobody_is_an_error() {
    let saved = history();
    let url = serve(move |operation, body| {
        let mut page = paged(&saved, 1, operation, body);
        if operation == "ListActionExecutions" {
            page["actionExecutionDetails"][0]
                .as_object_mut()
                .unwrap()
                .remove("pipelineExecutionId");
        }
        (200, page)
    });
    let lost = evidence(&url, &[]);
    assert_eq!((lost.code, lost.stdout.as_str()), (1, ""));
    assert!(lost.stderr.contains("has no `pipelineExecutionId`"), "{}", lost.stderr);
}

#[test]
fn cloudtrail_is_looked_up_in_pages() {
    let saved = history();
    let url = serve(move |operation, body| {
        if operation != "LookupEvents" {
            return (200, paged(&saved, 1, operation, body));
        }
        assert_eq!(
            body["LookupAttributes"][0],
            json!({"AttributeKey": "EventName", "AttributeValue": "PutApprovalResult"})
        );
        let slot = if body["NextToken"].is_null() { "ApprovalA" } else { "ApprovalB" };
        let event = json!({
            "eventName": "PutApprovalResult",
            "eventTime": "2026-01-02T10:02:00Z",
            "userIdentity": {"arn": "arn:aws:iam::111122223333:user/alice"},
            "requestParameters": {
                "pipelineName": "payments", "stageName": "Approve", "actionName": slot,
                "token": format!("token-{slot}"), "result": {"status": "Approved"}
            }
        });
        let next = (slot == "ApprovalA").then_some("next");
        (200, json!({"Events": [{"CloudTrailEvent": event.to_string()}], "NextToken": next}))
    });
    // The planted defect: CloudTrail names alice for bob's approval.
    let ran = evidence(&url, &["--since", "2026-01-02", "--cloudtrail"]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!((ran.code, &report["executions"][0]["verdict"]), (10, &json!("error")));
    assert_eq!(
        report["executions"][0]["approvals"][0]["cloudTrail"]["mfaAuthenticated"],
        Value::Null
    );
}

/// CloudTrail lists a session's key among the resources of the event that started it. A console's
/// session has another key and is found by its principal id and time.
#[test]
fn the_sessions_of_this_pipelines_approvals_are_looked_up_link_by_link() {
    const DEPLOYER: &str = "arn:aws:sts::111122223333:assumed-role/Deployer/x";
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!(DEPLOYER);
    let session = |arn: &str, key: &str, id: &str| {
        json!({"type": "AssumedRole", "arn": arn, "accessKeyId": key, "principalId": id, "sessionContext": {
            "attributes": {"creationDate": "2026-01-02T09:00:00Z"}}})
    };
    let approved = move |slot: &str, pipeline: &str, by: Value| {
        json!({"eventName": "PutApprovalResult", "eventTime": "2026-01-02T10:01:50Z", "userIdentity": by,
            "requestParameters": {"pipelineName": pipeline, "stageName": "Approve", "actionName": slot,
                "token": format!("token-{slot}"), "result": {"status": "Approved"}}})
    };
    let made = |key: &str, id: &str, by: Value| {
        json!({"eventName": "AssumeRole", "eventTime": "2026-01-02T09:00:00Z", "userIdentity": by, "responseElements": {
            "credentials": {"accessKeyId": key}, "assumedRoleUser": {"assumedRoleId": id}}})
    };
    let alice = || json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "accessKeyId": "AKIA"});
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let url = serve(move |operation, body| {
        if operation != "LookupEvents" {
            return (200, paged(&saved, 100, operation, body));
        }
        let attribute = body["LookupAttributes"][0]["AttributeValue"].as_str().unwrap().to_owned();
        let events = match attribute.as_str() {
            "PutApprovalResult" => vec![
                approved("ApprovalA", "payments", alice()),
                approved("ApprovalB", "payments", session(DEPLOYER, "ASIA1", "AROA1:x")),
                approved("ApprovalB", "refunds", session(DEPLOYER, "ASIA9", "AROA9:x")),
            ],
            // The console gave the session ASIA1; the event that started it had another key.
            "AROA1:x" => {
                assert_eq!(
                    (&body["StartTime"], &body["EndTime"]),
                    (&json!(1_767_344_395), &json!(1_767_344_405))
                );
                vec![made(
                    "ASIA2",
                    "AROA1:x",
                    session("arn:aws:sts::111122223333:assumed-role/Jump/y", "ASIA3", "AROA3:y"),
                )]
            }
            "ASIA3" => vec![made("ASIA3", "AROA3:y", alice())],
            _ => Vec::new(),
        };
        seen.lock().unwrap().push(attribute);
        let events: Vec<Value> =
            events.iter().map(|event| json!({"CloudTrailEvent": event.to_string()})).collect();
        (200, json!({"Events": events}))
    });
    let directory = TempDir::new().unwrap();
    let rule = directory.path().join("rule.json");
    std::fs::write(&rule, r#"{"sharedRoles": "collapse"}"#).unwrap();
    let ran = evidence(&url, &["--cloudtrail", "--rule", rule.to_str().unwrap()]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!(*asked.lock().unwrap(), ["PutApprovalResult", "ASIA1", "AROA1:x", "ASIA3"]);
    assert_eq!(report["executions"][0]["exceptions"][0]["code"], "same-human", "{report}");
}
