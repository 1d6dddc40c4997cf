//! What an execution releases. A signature contains it, and two replies show it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::engine::{ErrorCode, Lag};
use crate::testing::{Account, PIPELINE, approval, pipeline, stage};

const MODES: [&str; 3] = ["SUPERSEDED", "QUEUED", "PARALLEL"];

/// Two sources of S3, and one of a forge that fails at first.
fn declared(mode: &str) -> Value {
    let mut declared = pipeline(mode, json!([stage("Review", &[approval("Approval")])]));
    let source = |name: &str, owner: &str, provider: &str, configuration: Value| {
        json!({
            "name": name, "outputArtifacts": [{"name": name}], "configuration": configuration,
            "actionTypeId": {"category": "Source", "owner": owner, "provider": provider, "version": "1"},
        })
    };
    let actions = declared["stages"][0]["actions"].as_array_mut().unwrap();
    actions.push(source("Settings", "AWS", "S3", json!({"S3ObjectKey": "settings.zip"})));
    let fails_once = json!({"EmulatorResult": "FailedOnce"});
    actions.push(source("Docs", "AWS", "CodeStarSourceConnection", fails_once));
    declared
}

fn settle(account: &mut Account) {
    account.wait_seconds(120);
    account.service.engine.tick(account.now);
}

/// The revision of the newest succeeded attempt of each Source action.
fn in_history(account: &mut Account, id: &str) -> BTreeMap<String, String> {
    let filter = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": id}});
    let history = account.ok("ListActionExecutions", filter);
    let mut revisions = BTreeMap::new();
    for run in history["actionExecutionDetails"].as_array().unwrap() {
        let is_source = run["input"]["actionTypeId"]["category"] == "Source";
        if is_source && run["status"] == "Succeeded" {
            let revision = &run["output"]["executionResult"]["externalExecutionId"];
            let name = run["actionName"].as_str().unwrap().to_owned();
            revisions.entry(name).or_insert_with(|| revision.as_str().unwrap().to_owned());
        }
    }
    revisions
}

/// The same according to GetPipelineExecution, by the names of the artifacts.
fn in_execution(account: &mut Account, id: &str) -> BTreeMap<String, String> {
    let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
    let execution = account.ok("GetPipelineExecution", input);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let artifacts = execution["pipelineExecution"]["artifactRevisions"].as_array().unwrap();
    let artifacts = artifacts.iter();
    artifacts.map(|artifact| (text(&artifact["name"]), text(&artifact["revisionId"]))).collect()
}

/// The same according to ListPipelineExecutions.
fn in_list(account: &mut Account, id: &str) -> BTreeMap<String, String> {
    let list = account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut executions = list["pipelineExecutionSummaries"].as_array().unwrap().iter();
    let execution = executions.find(|execution| execution["pipelineExecutionId"] == id).unwrap();
    let sources = execution["sourceRevisions"].as_array().unwrap().iter();
    sources.map(|source| (text(&source["actionName"]), text(&source["revisionId"]))).collect()
}

/// Reads the revisions of an execution. Every reply shows the same ones.
fn revisions(account: &mut Account, id: &str) -> BTreeMap<String, String> {
    let in_history = in_history(account, id);
    assert_eq!(in_list(account, id), in_history);
    let in_execution: BTreeMap<String, String> = in_execution(account, id)
        .into_iter()
        // The artifact of the source `Code` is `App`.
        .map(|(name, id)| (if name == "App" { "Code".to_owned() } else { name }, id))
        .collect();
    assert_eq!(in_execution, in_history);
    in_history
}

#[test]
fn history_and_execution_show_the_same_revisions_in_every_mode_and_after_retries() {
    for (mode, lag) in MODES.into_iter().flat_map(|mode| [(mode, 0), (mode, 35)]) {
        for retry in ["FAILED_ACTIONS", "ALL_ACTIONS"] {
            let mut account = Account::with_lag(Lag::new(SignedDuration::from_secs(lag), 7));
            account.create(declared(mode));
            let id = account.start();
            settle(&mut account);
            assert_eq!(account.status(&id), "Failed", "{mode}");
            let before = revisions(&mut account, &id);
            assert_eq!(Vec::from_iter(before.keys()), ["Code", "Settings"], "{mode}");

            account.retry("Source", &id, retry).unwrap();
            settle(&mut account);
            let all = revisions(&mut account, &id);
            assert_eq!(Vec::from_iter(all.keys()), ["Code", "Docs", "Settings"], "{mode} {retry}");
            assert!(all.values().all(|revision| !revision.is_empty()));

            // A retry of the approvals does not change what is released.
            let open = open_approval(&mut account, &id);
            account.answer_token("Review", "Approval", "Rejected", &open).unwrap();
            settle(&mut account);
            account.retry("Review", &id, "ALL_ACTIONS").unwrap();
            settle(&mut account);
            assert_eq!(revisions(&mut account, &id), all, "{mode} {retry}");
        }
    }
}

/// The id of the newest attempt of the approval, which is its token.
fn open_approval(account: &mut Account, id: &str) -> Value {
    let filter = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": id}});
    let history = account.ok("ListActionExecutions", filter);
    let newest = &history["actionExecutionDetails"][0];
    assert_eq!(
        (&newest["actionName"], &newest["status"]),
        (&json!("Approval"), &json!("InProgress"))
    );
    newest["actionExecutionId"].clone()
}

#[test]
fn a_start_chooses_the_revisions_and_an_object_key_is_not_one() {
    let stages = json!([stage("Review", &[approval("Approval")])]);
    let mut account = Account::with_stages("SUPERSEDED", stages);
    let mut delivered = |kind: &str, value: &str| {
        let chosen = json!([{"actionName": "Code", "revisionType": kind, "revisionValue": value}]);
        let input = json!({"name": PIPELINE, "sourceRevisions": chosen});
        let started = account.ok("StartPipelineExecution", input);
        let id = started["pipelineExecutionId"].as_str().unwrap().to_owned();
        revisions(&mut account, &id).remove("Code").unwrap()
    };
    assert_eq!(delivered("S3_OBJECT_VERSION_ID", "UPBw5fG.TEoeT0MC"), "UPBw5fG.TEoeT0MC");
    let of_key = delivered("S3_OBJECT_KEY", "releases/one file.zip");
    assert_eq!((of_key.len(), of_key.contains('/')), (32, false), "the version of that object");
    assert_eq!(delivered("S3_OBJECT_KEY", "releases/one file.zip"), of_key);
    assert_ne!(delivered("S3_OBJECT_KEY", "releases/two.zip"), of_key);
}

#[test]
fn a_source_that_delivers_nothing_is_refused() {
    let mut declared = declared("QUEUED");
    declared["stages"][0]["actions"][1]["outputArtifacts"] = json!([]);
    let error = Account::new().call("CreatePipeline", json!({"pipeline": declared})).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidActionDeclaration);
    assert_eq!(
        error.message,
        "Action Settings declares 0 output artifacts which is less than the minimum count (1)"
    );
}
