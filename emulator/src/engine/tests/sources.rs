//! What an execution releases. A signature contains it, and two replies show it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::engine::{ApiError, ErrorCode, Lag};
use crate::testing::{Account, PIPELINE, approval, gate, pipeline, stage};

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

/// One source of each provider, with the configuration that AWS requires.
fn every_provider() -> Value {
    let mut declared = pipeline("QUEUED", json!([stage("Review", &[approval("Approval")])]));
    let connection =
        "arn:aws:codeconnections:eu-west-1:111122223333:connection/4dde5c82-0000-4000-8000-0001";
    let configured = [
        (
            "CodeStarSourceConnection",
            json!({"ConnectionArn": connection, "FullRepositoryId": "acme/shop", "BranchName": "main"}),
        ),
        ("CodeCommit", json!({"RepositoryName": "shop", "BranchName": "trunk"})),
        ("ECR", json!({"RepositoryName": "shop", "ImageTag": "stable"})),
        (
            "S3",
            json!({"S3Bucket": "in", "S3ObjectKey": "shop.zip", "AllowOverrideForS3ObjectKey": "true"}),
        ),
    ];
    let sources = configured.map(|(provider, configuration)| {
        json!({
            "name": provider, "namespace": format!("Of{provider}"), "outputArtifacts": [{"name": provider}],
            "configuration": configuration,
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": provider, "version": "1"},
        })
    });
    declared["stages"][0]["actions"] = json!(sources);
    declared
}

/// `StartPipelineExecution` with (action, type, value).
fn start_with(account: &mut Account, revisions: &[[&str; 3]]) -> Result<String, ApiError> {
    let revisions = revisions.iter().map(|[action, kind, value]| {
        json!({"actionName": action, "revisionType": kind, "revisionValue": value})
    });
    let input = json!({"name": PIPELINE, "sourceRevisions": revisions.collect::<Vec<_>>()});
    let started = account.call("StartPipelineExecution", input)?;
    Ok(started["pipelineExecutionId"].as_str().unwrap().to_owned())
}

fn variables(account: &mut Account, id: &str, action: &str) -> Value {
    let filter = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": id}});
    let history = account.ok("ListActionExecutions", filter);
    let mut runs = history["actionExecutionDetails"].as_array().unwrap().iter();
    let run = runs.find(|run| run["actionName"] == action).unwrap();
    run["output"]["outputVariables"].clone()
}

const COMMIT: &str = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e";

#[test]
fn a_start_chooses_the_revision_of_each_provider() {
    let mut account = Account::new();
    account.create(every_provider());
    let digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let chosen = [
        ["CodeStarSourceConnection", "COMMIT_ID", COMMIT],
        ["CodeCommit", "COMMIT_ID", "0123456789012345678901234567890123456789"],
        ["ECR", "IMAGE_DIGEST", digest],
        ["S3", "S3_OBJECT_VERSION_ID", "UPBw5fG.TEoeT0MC"],
        ["S3", "S3_OBJECT_KEY", "releases/two.zip"],
    ];
    let id = start_with(&mut account, &chosen).unwrap();
    let delivered = revisions(&mut account, &id);
    for [action, kind, value] in chosen.into_iter().filter(|[_, kind, _]| *kind != "S3_OBJECT_KEY")
    {
        assert_eq!(delivered[action], value, "{kind}");
    }
    let date = "2026-01-01T00:00:00Z";
    let message = "The emulator has not read this commit";
    assert_eq!(
        variables(&mut account, &id, "CodeStarSourceConnection"),
        json!({
            "AuthorDate": date, "BranchName": "main", "CommitId": COMMIT, "CommitMessage": message,
            "ConnectionArn": "arn:aws:codeconnections:eu-west-1:111122223333:connection/4dde5c82-0000-4000-8000-0001",
            "FullRepositoryName": "acme/shop",
        })
    );
    assert_eq!(
        variables(&mut account, &id, "CodeCommit"),
        json!({
            "AuthorDate": date, "BranchName": "trunk", "CommitId": "0123456789012345678901234567890123456789",
            "CommitMessage": message, "CommitterDate": date, "RepositoryName": "shop",
        })
    );
    assert_eq!(
        variables(&mut account, &id, "ECR"),
        json!({
            "ImageDigest": digest, "ImageTag": "stable", "RegistryId": "111122223333", "RepositoryName": "shop",
            "ImageURI": format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop@{digest}"),
        })
    );
    let object = variables(&mut account, &id, "S3");
    assert_eq!(
        (&object["BucketName"], &object["ObjectKey"]),
        (&json!("in"), &json!("releases/two.zip"))
    );
    assert_eq!(object["VersionId"], "UPBw5fG.TEoeT0MC");
}

#[test]
fn a_source_that_nobody_chose_for_delivers_something_of_its_kind() {
    let mut account = Account::new();
    account.create(every_provider());
    let id = start_with(&mut account, &[["CodeCommit", "COMMIT_ID", COMMIT]]).unwrap();
    let delivered = revisions(&mut account, &id);
    assert_eq!(delivered["CodeCommit"], COMMIT);
    let lengths: Vec<usize> =
        ["CodeStarSourceConnection", "ECR", "S3"].map(|it| delivered[it].len()).into();
    assert_eq!(lengths, [40, "sha256:".len() + 64, 32]);
}

#[test]
fn a_connection_says_which_provider_is_behind_it_and_where_the_commit_is() {
    let mut account = Account::new();
    let mut declared = every_provider();
    let arn = "arn:aws:codeconnections:eu-west-1:111122223333:connection/GitLab";
    declared["stages"][0]["actions"][0]["configuration"]["ConnectionArn"] = json!(arn);
    account.create(declared);
    let id =
        start_with(&mut account, &[["CodeStarSourceConnection", "COMMIT_ID", COMMIT]]).unwrap();
    let list = account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    let sources = list["pipelineExecutionSummaries"][0]["sourceRevisions"].as_array().unwrap();
    let source = sources.iter().find(|it| it["actionName"] == "CodeStarSourceConnection").unwrap();
    let summary: Value = serde_json::from_str(source["revisionSummary"].as_str().unwrap()).unwrap();
    assert_eq!(summary["ProviderType"], "GitLab");
    let url = source["revisionUrl"].as_str().unwrap();
    assert!(url.contains("FullRepositoryId=acme/shop&Commit=5f1ab6f6"), "{url}");
    let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
    let execution = account.ok("GetPipelineExecution", input);
    let artifacts = execution["pipelineExecution"]["artifactRevisions"].as_array().unwrap();
    assert!(artifacts.iter().any(|it| it["revisionUrl"] == url), "{artifacts:?}");
}

#[test]
fn later_actions_get_the_chosen_commit_through_the_namespace() {
    let mut account = Account::new();
    let mut declared = every_provider();
    declared["stages"][1]["actions"] =
        json!([gate("#{OfCodeStarSourceConnection.FullRepositoryName} #{OfCodeCommit.CommitId}")]);
    declared["stages"][1]["actions"][0]["inputArtifacts"] = json!([{"name": "CodeCommit"}]);
    account.create(declared);
    start_with(&mut account, &[["CodeCommit", "COMMIT_ID", COMMIT]]).unwrap();
    let event = account.invoked();
    let configuration = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
    assert_eq!(configuration["UserParameters"], format!("acme/shop {COMMIT}"));
    let artifact = &event["CodePipeline.job"]["data"]["inputArtifacts"][0];
    assert_eq!(artifact["revision"], COMMIT);
}

#[test]
fn a_revision_that_no_source_can_deliver_starts_nothing() {
    let mut account = Account::new();
    let mut declared = every_provider();
    let no_key = json!({"S3Bucket": "in", "S3ObjectKey": "shop.zip"});
    declared["stages"][0]["actions"][3]["configuration"] = no_key;
    account.create(declared);
    let twice = ["S3", "S3_OBJECT_VERSION_ID", "x"];
    for (revisions, told) in [
        (&[["Nowhere", "COMMIT_ID", COMMIT]][..], "no source action 'Nowhere'"),
        (&[["Approval", "COMMIT_ID", COMMIT]], "no source action 'Approval'"),
        (
            &[["S3", "COMMIT_ID", COMMIT]],
            "of provider S3 does not accept the revision type COMMIT_ID",
        ),
        (&[["ECR", "COMMIT_ID", COMMIT]], "of provider ECR"),
        (&[["CodeCommit", "S3_OBJECT_VERSION_ID", "x"]], "of provider CodeCommit"),
        (&[["S3", "S3_OBJECT_KEY", "x"]], "AllowOverrideForS3ObjectKey"),
        (&[twice, twice], "more than one revision of type S3_OBJECT_VERSION_ID"),
    ] {
        let error = start_with(&mut account, revisions).unwrap_err();
        assert_eq!(error.code, ErrorCode::Validation);
        assert!(error.message.contains(told), "{error}");
    }
    let unknown = json!([{"actionName": "S3", "revisionType": "TAG", "revisionValue": "v1"}]);
    let input = json!({"name": PIPELINE, "sourceRevisions": unknown});
    assert_eq!(account.refused("StartPipelineExecution", input), ErrorCode::Validation);
    let list = account.ok("ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    assert_eq!(list["pipelineExecutionSummaries"], json!([]));
}

#[test]
fn an_object_key_is_not_a_revision() {
    let mut account = Account::new();
    account.create(every_provider());
    let mut delivered = |key: &str| {
        let id = start_with(&mut account, &[["S3", "S3_OBJECT_KEY", key]]).unwrap();
        revisions(&mut account, &id).remove("S3").unwrap()
    };
    let of_key = delivered("releases/one file.zip");
    assert_eq!((of_key.len(), of_key.contains('/')), (32, false), "the version of that object");
    assert_eq!(delivered("releases/one file.zip"), of_key);
    assert_ne!(delivered("releases/two.zip"), of_key);
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
