use serde_json::{Value, json};

use crate::engine::ErrorCode;
use crate::testing::{Account, PIPELINE, approval, build, gate, pipeline, stage};

fn refused(stages: Value) -> ErrorCode {
    Account::new().refused("CreatePipeline", json!({"pipeline": pipeline("SUPERSEDED", stages)}))
}

#[test]
fn a_structure_must_be_one_that_aws_would_take() {
    let source = pipeline("QUEUED", json!([]))["stages"][0]["actions"][0].clone();
    let mut function = build("Gate", 1, "Succeeded");
    function["actionTypeId"] =
        json!({"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"});
    let mut unknown = gate("x");
    unknown["configuration"]["Rule"] = json!("{}");
    let review = stage("Review", &[approval("A")]);
    let cases = [
        (json!([]), ErrorCode::InvalidStructure),
        (json!([stage("Late", &[source])]), ErrorCode::InvalidStructure),
        (json!([review, review]), ErrorCode::InvalidStageDeclaration),
        (json!([stage("Empty", &[])]), ErrorCode::InvalidStageDeclaration),
        (
            json!([stage("Review", &[approval("A"), approval("A")])]),
            ErrorCode::InvalidActionDeclaration,
        ),
        (json!([stage("Review", &[function])]), ErrorCode::InvalidActionDeclaration),
        (json!([stage("Review", &[unknown])]), ErrorCode::InvalidActionDeclaration),
    ];
    for (stages, code) in cases {
        assert_eq!(refused(stages.clone()), code, "{stages}");
    }
    let mut no_source = pipeline("QUEUED", json!([review]));
    no_source["stages"][0]["actions"][0] = approval("A");
    let code = Account::new().refused("CreatePipeline", json!({"pipeline": no_source}));
    assert_eq!(code, ErrorCode::InvalidStructure);
}

#[test]
fn a_configuration_key_that_lambda_actions_do_not_have_is_refused() {
    let mut unknown = gate("x");
    unknown["configuration"]["Rule"] = json!("{}");
    let declared = pipeline("QUEUED", json!([stage("Review", &[unknown])]));
    let error = Account::new().call("CreatePipeline", json!({"pipeline": declared})).unwrap_err();
    assert_eq!(
        error.message,
        "Action configuration for action 'Gate' contains unknown configuration 'Rule'"
    );
}

#[test]
fn a_declaration_is_read_back_as_it_was_given_with_defaults() {
    let mut declared = pipeline("QUEUED", json!([stage("Review", &[approval("A")])]));
    let members = declared.as_object_mut().unwrap();
    members.remove("executionMode");
    members.remove("pipelineType");
    members.insert(
        "triggers".to_owned(),
        json!([{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Code"}}]),
    );
    let mut account = Account::new();
    let created = account.ok("CreatePipeline", json!({"pipeline": declared}));
    for stage in declared["stages"].as_array_mut().unwrap() {
        let action = stage["actions"][0].as_object_mut().unwrap();
        let defaults = [
            ("configuration", json!({})),
            ("inputArtifacts", json!([])),
            ("outputArtifacts", json!([])),
        ];
        for (name, default) in defaults.into_iter().chain([("runOrder", json!(1))]) {
            action.entry(name).or_insert(default);
        }
        action["actionTypeId"]["__type"] = json!("ActionTypeId");
    }
    declared["version"] = json!(1);
    declared["executionMode"] = json!("SUPERSEDED");
    declared["pipelineType"] = json!("V1");
    assert_eq!(created["pipeline"], declared);
    let got = account.ok("GetPipeline", json!({"name": PIPELINE}));
    assert_eq!(got["pipeline"], declared);
    assert_eq!(
        got["metadata"]["pipelineArn"],
        "arn:aws:codepipeline:eu-west-1:111122223333:release"
    );
    assert_eq!(got["metadata"]["created"], 1_767_225_600.0);
}

#[test]
fn versions_are_counted_and_kept() {
    let mut account = Account::with_stages("QUEUED", json!([stage("Review", &[approval("A")])]));
    let changed = pipeline("QUEUED", json!([stage("Review", &[approval("B")])]));
    assert_eq!(
        account.ok("UpdatePipeline", json!({"pipeline": changed}))["pipeline"]["version"],
        2
    );
    account.wait(1);
    let changed_later = pipeline("QUEUED", json!([stage("Review", &[approval("B")])]));
    account.ok("UpdatePipeline", json!({"pipeline": changed_later}));
    let updated = |account: &mut Account, version: u64| {
        let got = account.ok("GetPipeline", json!({"name": PIPELINE, "version": version}));
        got["metadata"]["updated"].as_f64().unwrap() - got["metadata"]["created"].as_f64().unwrap()
    };
    let each = [1, 2, 3].map(|version| updated(&mut account, version));
    assert_eq!(each, [0.0, 0.0, 60.0], "each version has its own time");
    let name = "/pipeline/stages/1/actions/0/name";
    let first = account.ok("GetPipeline", json!({"name": PIPELINE, "version": 1}));
    assert_eq!(first.pointer(name).unwrap(), "A");
    assert_eq!(account.ok("GetPipeline", json!({"name": PIPELINE})).pointer(name).unwrap(), "B");
    let code = account.refused("GetPipeline", json!({"name": PIPELINE, "version": 4}));
    assert_eq!(code, ErrorCode::PipelineVersionNotFound);
    assert_eq!(
        account.refused("CreatePipeline", json!({"pipeline": changed})),
        ErrorCode::PipelineNameInUse
    );
    let mut other = changed;
    other["name"] = json!("other");
    assert_eq!(
        account.refused("UpdatePipeline", json!({"pipeline": other})),
        ErrorCode::InvalidStructure
    );
}

#[test]
fn the_history_is_paged_and_filtered() {
    let mut account =
        Account::with_stages("QUEUED", json!([stage("Test", &[build("Test", 1, "Succeeded")])]));
    let ids = [account.start(), account.start(), account.start()];
    let mut shown = Vec::new();
    let mut token = Value::Null;
    loop {
        let input = json!({"pipelineName": PIPELINE, "maxResults": 2, "nextToken": token});
        let reply = account.ok("ListPipelineExecutions", input);
        let page = reply["pipelineExecutionSummaries"].as_array().unwrap().clone();
        shown.extend(page.into_iter().map(|summary| summary["pipelineExecutionId"].clone()));
        account.start();
        token = reply["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(shown, [json!(ids[2]), json!(ids[1]), json!(ids[0])]);
    let nonsense = json!({"pipelineName": PIPELINE, "nextToken": "nonsense"});
    assert_eq!(account.refused("ListActionExecutions", nonsense), ErrorCode::InvalidNextToken);
    let unknown = json!({"pipelineExecutionId": "ffffffff-0000-4000-8000-000000000000"});
    let unknown = json!({"pipelineName": PIPELINE, "filter": unknown});
    assert_eq!(
        account.refused("ListActionExecutions", unknown),
        ErrorCode::PipelineExecutionNotFound
    );
    let filter = |stage: &str| json!({"pipelineName": PIPELINE, "filter": {"succeededInStage": {"stageName": stage}}});
    let mut count = |stage: &str| {
        let reply = account.ok("ListPipelineExecutions", filter(stage));
        reply["pipelineExecutionSummaries"].as_array().unwrap().len()
    };
    assert_eq!((count("Test"), count("Nowhere")), (5, 0));
}

#[test]
fn pipelines_are_listed() {
    let mut account = Account::with_stages("PARALLEL", json!([stage("Review", &[approval("A")])]));
    let listed = account.ok("ListPipelines", json!({}));
    let members = json!({
        "name": PIPELINE, "version": 1, "pipelineType": "V2", "executionMode": "PARALLEL",
        "created": 1_767_225_600.0, "updated": 1_767_225_600.0,
    });
    assert_eq!(listed["pipelines"], json!([members]));
}
