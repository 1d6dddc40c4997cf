//! The process of a function. This test program plays it.

#![cfg(test)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::http;
use emulator::function_host::{ChildOutput, FunctionConfig, FunctionHost, Outcome};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// The prefix of the child's lines that the tests read, because a test program also prints its own
/// lines.
const MARK: &str = "CHILD ";

#[test]
#[ignore = "the process that the other tests start"]
fn child() {
    // If somebody runs all ignored tests, this one has nobody to serve.
    let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") else {
        return;
    };
    println!();
    let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    println!("{MARK}environment {}", names.join(" "));
    let runtime = "/2018-06-01/runtime";
    let post = |path: String, body: Value| {
        let reply =
            http(&api, "POST", &format!("{runtime}{path}"), &[], &body.to_string()).unwrap();
        assert_eq!(reply.status, 202);
    };
    let error = |message: &str| json!({"errorType": "Broken", "errorMessage": message});
    if std::env::var("INIT").is_ok() {
        post("/init/error".to_owned(), error("cannot begin"));
        return;
    }
    loop {
        let next = http(&api, "GET", &format!("{runtime}/invocation/next"), &[], "").unwrap();
        let headers: BTreeMap<&str, &str> =
            next.headers.lines().filter_map(|line| line.split_once(": ")).collect();
        let id = headers["lambda-runtime-aws-request-id"];
        assert!(headers["lambda-runtime-deadline-ms"].parse::<u64>().unwrap() > 1_700_000_000_000);
        println!("{MARK}invocation {id}");
        println!("{MARK}function {}", headers["lambda-runtime-invoked-function-arn"]);
        let event: Value = serde_json::from_str(&next.body).unwrap();
        match event["do"].as_str().unwrap() {
            "return" => {
                post(format!("/invocation/{id}/response"), json!({"pid": std::process::id()}))
            }
            "fail" => post(format!("/invocation/{id}/error"), error("on purpose")),
            "hang" => std::thread::sleep(Duration::from_secs(600)),
            "exit" => panic!("on purpose, with the status 101 of a failed test"),
            other => panic!("{other}"),
        }
    }
}

fn config(output: ChildOutput) -> FunctionConfig {
    FunctionConfig {
        program: std::env::current_exe().unwrap(),
        arguments: ["child", "--exact", "--ignored", "--nocapture"].map(str::to_owned).to_vec(),
        environment: vec![("ONLY".to_owned(), "this".to_owned())],
        function_arn: "arn:aws:lambda:us-east-1:111122223333:function:two-person-rule".to_owned(),
        timeout: Duration::from_secs(30),
        retry_delay: Duration::from_millis(10),
        output,
    }
}

async fn pid(host: &FunctionHost) -> u64 {
    let outcome = host.invoke(json!({"do": "return"})).await;
    let Outcome::Ok(reply) = &outcome else {
        panic!("{outcome:?}");
    };
    reply["pid"].as_u64().unwrap()
}

fn is_there(pid: u64) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn one_process_serves_until_it_ends_and_is_then_replaced() {
    let host = FunctionHost::start(config(ChildOutput::Discard));
    let first = pid(&host).await;
    let error =
        Outcome::FunctionError { kind: "Broken".to_owned(), message: "on purpose".to_owned() };
    assert_eq!(host.invoke(json!({"do": "fail"})).await, error);
    assert_eq!(pid(&host).await, first, "an error does not end the process");
    let exited = host.invoke(json!({"do": "exit"})).await;
    assert!(matches!(&exited, Outcome::Exited(how) if how.contains("101")), "{exited:?}");
    let second = pid(&host).await;
    assert_ne!(second, first);
    host.shutdown().await;
    assert!(!is_there(first) && !is_there(second), "no process and no zombie is left");
    assert!(matches!(host.invoke(json!({})).await, Outcome::Exited(_)));
}

#[tokio::test]
async fn a_new_environment_gets_a_new_process() {
    let (sender, mut lines) = mpsc::unbounded_channel();
    let host = FunctionHost::start(config(ChildOutput::Capture(sender)));
    let first = pid(&host).await;
    host.configure(vec![("ANOTHER".to_owned(), "that".to_owned())]);
    assert_ne!(pid(&host).await, first);
    assert!(!is_there(first));
    host.shutdown().await;
    drop(host);
    let mut environments = Vec::new();
    while let Some(line) = lines.recv().await {
        environments.extend(line.strip_prefix(&format!("{MARK}environment ")).map(str::to_owned));
    }
    let has = |environment: &String, name| environment.split(' ').any(|it| it == name);
    let [before, after] = environments.as_slice() else {
        panic!("{environments:?}");
    };
    assert!(has(before, "ONLY") && !has(before, "ANOTHER"), "{before}");
    assert!(has(after, "ANOTHER") && !has(after, "ONLY"), "{after}");
}

#[tokio::test]
async fn a_process_that_takes_too_long_is_killed() {
    let mut config = config(ChildOutput::Discard);
    config.timeout = Duration::from_secs(3);
    let host = FunctionHost::start(config);
    let first = pid(&host).await;
    assert_eq!(host.invoke(json!({"do": "hang"})).await, Outcome::Timeout);
    assert!(!is_there(first));
    assert_ne!(pid(&host).await, first);
    host.shutdown().await;
}

#[tokio::test]
async fn a_function_that_cannot_begin_and_a_program_that_is_not_there_are_told() {
    let mut broken = config(ChildOutput::Discard);
    broken.environment.push(("INIT".to_owned(), "broken".to_owned()));
    let host = FunctionHost::start(broken);
    let error =
        Outcome::FunctionError { kind: "Broken".to_owned(), message: "cannot begin".to_owned() };
    assert_eq!(host.invoke(json!({"do": "return"})).await, error);
    let mut missing = config(ChildOutput::Discard);
    missing.program = "/no/such/function".into();
    let outcome = FunctionHost::start(missing).invoke(json!({})).await;
    assert!(
        matches!(&outcome, Outcome::Exited(how) if how.contains("`/no/such/function` did not start")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_asynchronous_invocation_is_tried_three_times_with_one_id_and_a_clean_environment() {
    let (sender, mut lines) = mpsc::unbounded_channel();
    let host = FunctionHost::start(config(ChildOutput::Capture(sender)));
    host.submit("arn:aws:lambda:us-east-1:111122223333:function:gate:live", json!({"do": "fail"}));
    let mut ids = Vec::new();
    let mut functions = Vec::new();
    while functions.len() < 3 {
        let line = lines.recv().await.unwrap();
        if let Some(id) = line.strip_prefix(&format!("{MARK}invocation ")) {
            ids.push(id.to_owned());
        } else if let Some(names) = line.strip_prefix(&format!("{MARK}environment ")) {
            let mut names: Vec<&str> = names.split(' ').collect();
            names.sort_unstable();
            assert_eq!(names, ["AWS_LAMBDA_RUNTIME_API", "ONLY"]);
        } else if let Some(function) = line.strip_prefix(&format!("{MARK}function ")) {
            functions.push(function.to_owned());
        }
    }
    let live = "arn:aws:lambda:us-east-1:111122223333:function:gate:live";
    assert_eq!(functions, [live; 3]);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // A fourth attempt would come before this one, because the delay is shorter than the start of a
    // process.
    tokio::time::sleep(Duration::from_millis(200)).await;
    pid(&host).await;
    let last = lines.recv().await.unwrap();
    let last = last.strip_prefix(&format!("{MARK}invocation ")).unwrap();
    assert_ne!(last, ids[0]);
    host.shutdown().await;
}
