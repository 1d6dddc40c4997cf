//! The gate as a process: the event that it gets, the output that it writes, and the secrets that
//! it never writes.

#![cfg(test)]

use std::process::Command;
use std::time::Duration;

use e2e::{Emulator, Setup, binary, eventually, repository};
use emulator::function_host::{ChildOutput, FunctionConfig, FunctionHost, Outcome};
use serde_json::Value;
use tokio::sync::mpsc;

/// The event of the AWS guides, with its artifact credentials.
fn documented_event() -> Value {
    let path = repository().join("job/tests/fixtures/documented-event.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every string under `artifactCredentials`, and long pieces of it.
fn secrets(event: &Value) -> Vec<String> {
    let credentials = event["CodePipeline.job"]["data"]["artifactCredentials"].as_object().unwrap();
    assert_eq!(credentials.len(), 3);
    let whole = credentials.values().map(|value| value.as_str().unwrap().to_owned());
    whole
        .flat_map(|secret| {
            [secret.chars().take(16).collect(), secret.chars().skip(secret.len() - 16).collect()]
        })
        .collect()
}

fn config(endpoint: &str, output: ChildOutput, rule: &str) -> FunctionConfig {
    let environment = [
        ("AWS_LAMBDA_FUNCTION_NAME", "gate"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("RUST_LOG", "trace"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "two-person-rule-gate"),
        ("AWS_SECRET_ACCESS_KEY", "not-checked"),
        ("TWO_PERSON_RULE", rule),
    ];
    FunctionConfig {
        program: binary("gate"),
        arguments: vec![],
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        function_arn: "arn:aws:lambda:us-east-1:111122223333:function:gate".to_owned(),
        // If nothing listens, the gate tries until the end.
        timeout: Duration::from_secs(10),
        retry_delay: Duration::from_millis(1),
        output,
    }
}

/// Invokes the built gate with an event. Returns the outcome and all output of the process.
async fn invoke(endpoint: &str, event: Value, rule: &str) -> (Outcome, String) {
    let (lines, mut written) = mpsc::unbounded_channel();
    let host = FunctionHost::start(config(endpoint, ChildOutput::Capture(lines), rule));
    let outcome = host.invoke(event).await;
    host.shutdown().await;
    drop(host);
    let mut output = String::new();
    while let Some(line) = written.recv().await {
        output.push_str(&line);
        output.push('\n');
    }
    (outcome, output)
}

#[tokio::test]
async fn the_documented_event_leaves_no_byte_of_its_credentials() {
    let emulator = Emulator::start(&Setup::default());
    let event = documented_event();
    let secrets = secrets(&event);
    let garbled = {
        let mut event = event.clone();
        event["CodePipeline.job"]["id"] =
            event["CodePipeline.job"]["data"]["artifactCredentials"].clone();
        event
    };
    let misplaced = {
        let mut event = event.clone();
        event["CodePipeline.job"]["data"]["actionConfiguration"] =
            event["CodePipeline.job"]["data"]["artifactCredentials"].clone();
        event
    };
    // The emulator does not know the job, so every call fails and every error path is taken. The
    // closed port fails harder.
    for endpoint in [emulator.url(), "http://127.0.0.1:9"] {
        for event in [&event, &garbled, &misplaced] {
            let (outcome, output) = invoke(endpoint, event.clone(), "{}").await;
            assert!(matches!(outcome, Outcome::FunctionError { .. }), "{outcome:?}");
            for secret in &secrets {
                assert!(!output.contains(secret), "{output}");
                assert!(!format!("{outcome:?}").contains(secret), "{outcome:?}");
            }
        }
    }
    let (_, output) = invoke(emulator.url(), event, "{}").await;
    assert!(
        output.contains("the result could not be reported"),
        "the gate wrote nothing that was looked at: {output}"
    );
}

#[tokio::test]
async fn the_credentials_of_a_real_job_are_not_written_either() {
    let emulator = Emulator::start(&Setup { gate_log_level: Some("trace"), ..Setup::default() });
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    emulator.approve(&execution_id, ["alice", "alice"]).await;
    let record = eventually("a decision record", || decision_record(&emulator.log())).await;
    let caller = emulator.caller("bob");
    let details = caller
        .client()
        .get_job_details()
        .job_id(record["jobId"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let credentials = details.job_details.unwrap().data.unwrap().artifact_credentials.unwrap();
    let log = emulator.end();
    for secret in
        [&credentials.access_key_id, &credentials.secret_access_key, &credentials.session_token]
    {
        assert!(!secret.is_empty());
        assert!(!log.contains(secret.as_str()), "{log}");
    }
}

fn decision_record(log: &str) -> Option<Value> {
    let records = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records.into_iter().find(|line| line["schemaVersion"] == 1)
}

#[tokio::test]
async fn one_record_a_decision_says_who_counted_as_whom() {
    let emulator = Emulator::start(&Setup::default());
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    emulator.approve(&execution_id, ["alice", "deployer-alice"]).await;
    eventually("a decision record", || decision_record(&emulator.log())).await;
    let log = emulator.end();
    let records: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let decisions: Vec<&Value> = records.iter().filter(|line| line["schemaVersion"] == 1).collect();
    let [decision] = decisions.as_slice() else { panic!("{log}") };
    assert_eq!(decision["executionId"], execution_id.as_str());
    assert_eq!(decision["verdict"], "unsatisfied");
    let approvals = decision["approvals"].as_array().unwrap();
    let persons: Vec<&Value> = approvals.iter().map(|approval| &approval["person"]).collect();
    assert_eq!(persons, [&Value::from("handle:alice"), &Value::Null], "{decision}");
    let bases: Vec<&Value> = approvals.iter().map(|approval| &approval["basis"]).collect();
    assert_eq!(bases, ["user", "shared-role"], "{decision}");
    // Times have milliseconds, as AWS gives them.
    for time in approvals.iter().flat_map(|approval| [&approval["at"], &approval["noticedAt"]]) {
        assert!(time.as_str().unwrap().len() <= "2026-11-25T23:41:28.746Z".len(), "{time}");
    }
    let facts: Vec<&Value> = records.iter().filter_map(|line| line.get("facts")).collect();
    let [facts] = facts.as_slice() else { panic!("{log}") };
    assert_eq!(facts["getJobDetails"]["functionName"], true, "{facts}");
    assert!(
        records.iter().any(|line| line["Reason"] == "shared-role" && line["Decisions"] == 1),
        "{log}"
    );
}

#[tokio::test]
async fn an_event_that_is_no_job_is_an_error_of_the_invocation() {
    let (outcome, _) =
        invoke("http://127.0.0.1:9", serde_json::json!({"hello": "world"}), "{}").await;
    let Outcome::FunctionError { kind, message } = outcome else { panic!("{outcome:?}") };
    assert_eq!(kind, "NotAJob");
    assert!(message.contains("the event carries no `CodePipeline.job.id`"), "{message}");
}

#[test]
fn started_by_hand_it_says_where_it_belongs() {
    let output =
        Command::new(binary("gate")).env_remove("AWS_LAMBDA_RUNTIME_API").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with(
            "error: AWS_LAMBDA_RUNTIME_API is not set: the gate runs inside AWS Lambda"
        ),
        "{message}"
    );
}
