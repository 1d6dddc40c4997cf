//! `policygen generate --patch-pipeline` of what `get-pipeline` prints: what stays, and what is
//! refused.

use std::fs;

use crate::checker::{file, text};
use crate::generate::json;
use crate::generate_patch::patch_in;
use crate::program::{fixture, generate};

#[test]
fn a_pipeline_of_another_account_or_region_is_refused() {
    let good = json(&fs::read_to_string(fixture("pipeline/good.json")).unwrap());
    let arn = good["metadata"]["pipelineArn"].as_str().unwrap();
    for (from, to) in [(":eu-west-1:", ":us-east-1:"), (":111122223333:", ":444455556666:")] {
        let mut other = good.clone();
        other["metadata"]["pipelineArn"] = arn.replace(from, to).into();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipeline.json");
        fs::write(&path, other.to_string()).unwrap();
        let ran = generate(&["--patch-pipeline", path.to_str().unwrap()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains("another region or account"), "{}", ran.stderr);
    }
}

#[test]
fn the_stage_goes_before_the_first_that_deploys_and_the_rest_stays() {
    let path = fixture("pipeline/good.json");
    let ran = generate(&["--patch-pipeline", &path, "--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("patched", ran.stdout);

    let before = json(&fs::read_to_string(path).unwrap());
    let mut after = json(&ran.stdout);
    assert!(after.get("metadata").is_none());
    let stage = after["pipeline"]["stages"].as_array_mut().unwrap().remove(2);
    assert_eq!(after["pipeline"], before["pipeline"]);
    assert_eq!(stage, json(&generate(&["--stage-json", "--print", "stage.json"]).stdout));
}

#[test]
fn a_pipeline_of_type_v1_gets_no_retry_that_it_would_refuse() {
    let ran = generate(&[
        "--patch-pipeline",
        &fixture("pipeline/type-v1.json"),
        "--print",
        "pipeline.json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("onFailure"));
    assert!(
        ran.stderr.contains("note: a pipeline of type V1 does not retry by itself"),
        "{}",
        ran.stderr
    );
}

/// The template says where the stage belongs, and what surrounds it has no such place.
#[test]
fn a_declaration_that_has_a_template_in_it_is_refused() {
    let action = |name: &str, category: &str| {
        serde_json::json!({"Name": name, "ActionTypeId":
            {"Category": category, "Owner": "AWS", "Provider": "S3", "Version": "1"}})
    };
    let template = serde_json::json!({"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline",
        "Properties": {"Name": "payments", "Stages": [
            {"Name": "Source", "Actions": [action("Source", "Source")]},
            {"Name": "Prod", "Actions": [action("Deploy", "Deploy")]}]}}}});
    let both = serde_json::json!(
        {"name": "payments", "stages": [], "TemplateBody": template.to_string()});
    let ran = patch_in(text(file(&both).path()), "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot get the stage"), "{}", ran.stderr);
}

#[test]
fn a_template_without_a_pipeline_is_refused() {
    let topic = serde_json::json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
    let ran = patch_in(text(file(&topic).path()), "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("it has no pipeline"), "{}", ran.stderr);
}

#[test]
fn a_pipeline_that_cannot_take_the_stage_is_refused_with_the_reason() {
    for (name, reason) in [
        ("another-pipeline", "`refunds` is not among those of `--pipeline`"),
        ("nothing-deploys", "no stage has an action that certainly deploys"),
        ("deploys-first", "the stage would be the first one"),
        ("stage-there", "there is a stage `Release` already"),
        ("gate-there", "the action `Check` of the stage `Build` runs the gate already"),
        ("not-json", "it is neither what `aws codepipeline get-pipeline` prints"),
        ("no-stages", "it is neither what `aws codepipeline get-pipeline` prints"),
    ] {
        let path = fixture(&format!("pipeline/{name}.json"));
        let ran = generate(&["--patch-pipeline", &path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name}");
        assert!(
            ran.stderr.contains(reason) && ran.stderr.contains(&path),
            "{name}: {}",
            ran.stderr
        );
    }
    // These are parts of the ARN of the pipeline's function, and not its name.
    let path = fixture("pipeline/gate-there.json");
    for function in ["lambda", "function", "live", "111122223333"] {
        let ran = generate(&["--patch-pipeline", &path, "--gate-function", function]);
        assert!(!ran.stderr.contains("runs the gate already"), "{function}: {}", ran.stderr);
    }
    for function in ["111122223333:function:two-person-rule-gate", "two-person-rule-gate:live"] {
        let ran = generate(&["--patch-pipeline", &path, "--gate-function", function]);
        assert!(ran.stderr.contains("runs the gate already"), "{function}: {}", ran.stderr);
    }
    // Patching twice finds the gate of the first time.
    let directory = tempfile::tempdir().unwrap();
    let once = directory.path().join("once.json");
    fs::write(
        &once,
        generate(&["--patch-pipeline", &fixture("pipeline/good.json"), "--print", "pipeline.json"])
            .stdout,
    )
    .unwrap();
    let twice = generate(&["--patch-pipeline", once.to_str().unwrap(), "--print", "pipeline.json"]);
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("runs the gate already"), "{}", twice.stderr);
}
