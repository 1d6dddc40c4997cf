//! The whole gate, from the event's bytes through the AWS SDK to the report, against a CodePipeline whose every reply may be mangled:
//! it never panics, and never reports a success for approvals that are not enough.

#![cfg(test)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use lambda::aws::{Adapter, sdk};
use lambda::{Budget, Event, Floor, Journal, handle};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Replies by operation, and the names of the operations that were called.
#[derive(Clone, Debug)]
struct Service {
    replies: Arc<Vec<(&'static str, u16, Vec<u8>)>>,
    called: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let reply = self.replies.iter().find(|(name, _, _)| *name == operation);
        let (status, body) = reply.map_or((200, b"{}".to_vec()), |(_, status, body)| (*status, body.clone()));
        self.called.lock().unwrap().push(operation);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

impl HttpClient for Service {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn event() -> Value {
    json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef", "accountId": "111122223333", "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "gate", "UserParameters": "{\"quorum\": 2}"}},
        "inputArtifacts": [], "outputArtifacts": [],
        "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET, "sessionToken": "token"}
    }}})
}

fn attempt(action: &str, provider: (&str, &str), status: &str, by: Option<&str>) -> Value {
    json!({
        "pipelineExecutionId": EXECUTION, "actionExecutionId": format!("run-of-{action}"), "pipelineVersion": 1,
        "stageName": "Approve", "actionName": action, "startTime": 1_795_341_600.5, "lastUpdateTime": 1_795_341_660.25,
        "updatedBy": by, "status": status,
        "input": {"actionTypeId": {"category": provider.0, "owner": "AWS", "provider": provider.1, "version": "1"}},
        "output": {"executionResult": {"externalExecutionSummary": "fine"}}
    })
}

/// The replies about an execution in which ApprovalA was given by alice and ApprovalB ended as told.
fn replies(status: &str, second: Option<&str>) -> Vec<(&'static str, Value)> {
    let manual = ("Approval", "Manual");
    let alice = "arn:aws:iam::111122223333:user/alice";
    vec![
        (
            "GetJobDetails",
            json!({"jobDetails": {"id": "x", "accountId": "111122223333", "data": {
            "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET, "sessionToken": "token"},
            "pipelineContext": {
                "pipelineName": "payments", "pipelineExecutionId": EXECUTION, "stage": {"name": "Approve"},
                "action": {"name": "Gate", "actionExecutionId": "run-of-Gate"}
            }}}}),
        ),
        (
            "ListActionExecutions",
            json!({"actionExecutionDetails": [
                attempt("Gate", ("Invoke", "Lambda"), "InProgress", None),
                attempt("ApprovalB", manual, status, second),
                attempt("ApprovalA", manual, "Succeeded", Some(alice)),
            ]}),
        ),
        (
            "GetPipelineState",
            json!({"pipelineName": "payments", "stageStates": [{"stageName": "Approve", "actionStates": [
                {"actionName": "ApprovalA", "latestExecution": {"actionExecutionId": "run-of-ApprovalA", "status": "Succeeded", "lastUpdatedBy": alice}},
                {"actionName": "ApprovalB", "latestExecution": {"actionExecutionId": "run-of-ApprovalB", "status": status, "lastUpdatedBy": second}},
            ]}]}),
        ),
        (
            "GetPipelineExecution",
            json!({"pipelineExecution": {"trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:aws:iam::111122223333:user/carol"}}}),
        ),
    ]
}

/// Runs one invocation; the operations that were called and everything that was written.
fn invoke(event: &str, replies: Vec<(&'static str, u16, Vec<u8>)>) -> (Vec<String>, String) {
    let service = Service {
        replies: Arc::new(replies),
        called: Arc::default(),
    };
    let config = sdk::Config::builder()
        .behavior_version(sdk::config::BehaviorVersion::latest())
        .region(sdk::config::Region::from_static("us-east-1"))
        .http_client(service.clone())
        .allow_no_auth()
        .retry_config(sdk::config::retry::RetryConfig::disabled())
        .timeout_config(sdk::config::timeout::TimeoutConfig::disabled())
        .build();
    let codepipeline = Adapter::from(sdk::Client::from_conf(config));
    let now: Timestamp = "2026-11-22T10:02:00Z".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut journal = Vec::new();
    let result = runtime.block_on(async {
        let job = serde_json::from_str::<Event>(event).map_err(|error| error.to_string())?;
        let job = job.into_job().map_err(|error| error.to_string())?;
        let floor = Floor::from_json(r#"{"excludeInitiator": true}"#);
        let budget = Budget::until(Duration::from_millis(30));
        handle(
            &codepipeline,
            &floor,
            &job,
            budget,
            now,
            &mut Journal::new(&mut journal),
        )
        .await
        .map_err(|error| error.to_string())
    });
    let written = format!(
        "{}{}",
        String::from_utf8(journal).unwrap(),
        result.err().unwrap_or_default()
    );
    let called = service.called.lock().unwrap().clone();
    (called, written)
}

fn well(replies: Vec<(&'static str, Value)>) -> Vec<(&'static str, u16, Vec<u8>)> {
    replies
        .into_iter()
        .map(|(name, body)| (name, 200, body.to_string().into_bytes()))
        .collect()
}

/// What a mutation puts in place of a value. Nothing here is the name of a person or a status that could be one by right.
fn junk() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Value::Null)),
        1 => select(vec![json!(""), json!(0), json!(-1), json!(1e300), json!(true), json!([]), json!({}), json!([[]]), json!("\u{0}"), json!("Failed"),
            json!("InProgress"), json!("arn:aws:iam::111122223333:root"), json!(EXECUTION), json!("Other")]).prop_map(Some),
        1 => "[ -~é]{0,40}".prop_map(|text| Some(json!(text))),
    ]
}

/// All places in a JSON value, as pointers.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            places(
                value,
                format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                found,
            )
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, format!("{at}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at);
}

fn mutate(value: &mut Value, place: &Index, junk: Option<Value>) {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    let place = place.get(&found);
    match (junk, place.rsplit_once('/')) {
        (None, Some((parent, key))) => match value.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
            Value::Array(list) => drop(list.remove(key.parse().unwrap())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        },
        (junk, _) => *value.pointer_mut(place).unwrap() = junk.unwrap_or_default(),
    }
}

#[test]
fn the_unmutated_gate_reaches_both_verdicts() {
    let bob = Some("arn:aws:iam::111122223333:user/bob");
    let (called, written) = invoke(&event().to_string(), well(replies("Succeeded", bob)));
    assert!(
        called.contains(&"PutJobSuccessResult".to_owned()),
        "{called:?} {written}"
    );
    let (called, written) = invoke(
        &event().to_string(),
        well(replies("Succeeded", Some("arn:aws:iam::111122223333:user/eng/Alice"))),
    );
    assert!(
        called.contains(&"PutJobFailureResult".to_owned()),
        "{called:?} {written}"
    );
    assert!(
        !called.contains(&"PutJobSuccessResult".to_owned()),
        "{called:?} {written}"
    );
}

/// 10,000 random and mutated events and replies, a quarter on each thread since an invocation mostly waits between retries.
#[test]
fn no_panic_and_no_success_whatever_comes() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| mutated_invocations(2_500));
        }
    });
}

fn mutated_invocations(cases: u32) {
    let bases = vec![
        ("Succeeded", Some("arn:aws:iam::111122223333:user/alice")),
        (
            "Succeeded",
            Some("arn:aws:sts::111122223333:assumed-role/Deployer/alice"),
        ),
        ("Succeeded", Some("arn:aws:iam::111122223333:root")),
        ("Succeeded", None),
        ("Failed", Some("arn:aws:iam::111122223333:user/bob")),
        ("InProgress", None),
    ];
    let events = prop_oneof![
        3 => Just(None),
        2 => (any::<Index>(), junk()).prop_map(|mutation| Some(Ok(mutation))),
        1 => "[ -~]{0,60}".prop_map(|text| Some(Err(text))),
    ];
    let mutations = proptest::collection::vec((any::<Index>(), any::<Index>(), junk()), 0..4);
    let wire = prop_oneof![
        6 => Just(None),
        1 => (any::<Index>(), select(vec![400_u16, 403, 429, 500, 503])).prop_map(|(reply, status)| Some((reply, status, None))),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(reply, cut)| Some((reply, 200, Some(cut)))),
    ];
    let mut runner = TestRunner::new(Config {
        cases,
        ..Config::default()
    });
    runner
        .run(
            &(select(bases), events, mutations, wire),
            |((status, second), event_mutation, mutations, wire)| {
                let mut event = event();
                let event = match event_mutation {
                    None => event.to_string(),
                    Some(Ok((place, junk))) => {
                        mutate(&mut event, &place, junk);
                        event.to_string()
                    }
                    Some(Err(text)) => text,
                };
                let mut replies = replies(status, second);
                for (reply, place, junk) in mutations {
                    let reply = reply.index(replies.len());
                    mutate(&mut replies[reply].1, &place, junk);
                }
                let mut replies = well(replies);
                if let Some((reply, status, cut)) = wire {
                    let reply = reply.index(replies.len());
                    let (_, old_status, body) = &mut replies[reply];
                    *old_status = status;
                    if let Some(cut) = cut {
                        body.truncate(cut.index(body.len() + 1));
                    }
                }
                let (called, written) = invoke(&event, replies);
                prop_assert!(
                    !called.contains(&"PutJobSuccessResult".to_owned()),
                    "{called:?} {written}"
                );
                prop_assert!(!written.contains(SECRET));
                let reports = called
                    .iter()
                    .filter(|operation| *operation == "PutJobFailureResult")
                    .count();
                prop_assert!(reports <= 1, "{reports} reports");
                prop_assert!(reports == 1 || called.is_empty(), "no report after {called:?}");
                Ok(())
            },
        )
        .unwrap();
}
