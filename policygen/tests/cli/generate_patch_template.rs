//! `policygen generate --patch-pipeline` of templates: every other line stays as it is.

use std::fs;

use serde_json::{Value, json};

use crate::checker::{file, file_of, text};
use crate::generate_patch::patch_in;
use crate::program::{Ran, fixture, policygen};

const TEMPLATE: &str = "\
# Ours
Resources:
  Pipeline: # the one
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: payments
      PipelineType: V2
      RoleArn: !GetAtt Role.Arn
      Stages:
        - Name: Source
          Actions:
            - Name: Source
              ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: '1'}
              OutputArtifacts: [{Name: App}]
        # To production.
        - Name: Deploy
          Actions:
            - Name: Deploy
              ActionTypeId: {Category: Deploy, Owner: AWS, Provider: S3, Version: '1'}
              Configuration: {BucketName: !Ref Bucket}
";

#[test]
fn a_template_keeps_everything_else() {
    let input = file_of(TEMPLATE);
    let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let note =
        "note: the stage `Release` is before `Deploy`; deploy the template to put it in force\n";
    assert_eq!(ran.stderr, note);
    insta::assert_snapshot!("patched_template", ran.stdout);
    let rest: String = TEMPLATE.lines().filter(|line| !ran.stdout.contains(line)).collect();
    assert_eq!(rest, "");
    let patched = file_of(&ran.stdout);
    let doctor = policygen(&["doctor", "--template", text(patched.path())]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    // Windows, and JSON.
    let windows = TEMPLATE.replace('\n', "\r\n");
    let again = patch_in(text(file_of(&windows).path()), "Release", &["--print", "pipeline.yaml"]);
    assert_eq!(again.stdout, ran.stdout.replace('\n', "\r\n"));
    let folder = tempfile::tempdir().unwrap();
    let json = json!({"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {
        "Name": "payments", "PipelineType": "V2", "Stages": [
        {"Name": "Source", "Actions": []},
        {"Name": "Deploy", "Actions": [{"Name": "D", "ActionTypeId":
            {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"}}]}]}}}});
    let path = folder.path().join("template.json");
    fs::write(&path, serde_json::to_string_pretty(&json).unwrap()).unwrap();
    let ran = patch_in(text(&path), "Release", &["--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let patched: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(patched["Resources"]["P"]["Properties"]["Stages"][1]["Name"], "Release");
    // A line holds everything.
    fs::write(&path, json.to_string()).unwrap();
    let ran = patch_in(text(&path), "Release", &["--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("note: the template had no line for each stage"), "{}", ran.stderr);
    let again: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(again, patched);
    assert!(ran.stdout.lines().count() > 20, "{}", ran.stdout);
}

/// The order of the keys and the numbers stay as they are.
#[test]
fn a_template_on_one_line_is_laid_out_and_nothing_else_changes() {
    let before = r#"{"Resources":{"Z":{"Type":"A::B::C","Properties":{"Z":1.5,"A":12345678901234567890}},"P":{"Type":"AWS::CodePipeline::Pipeline","Properties":{"Stages":[{"Name":"Source","Actions":[]},{"Name":"Prod","Actions":[{"Name":"D","ActionTypeId":{"Category":"Deploy","Owner":"AWS","Provider":"S3","Version":"1"}}]}],"Name":"payments"}}}}"#;
    let ran = patch_in(text(file_of(before).path()), "Release", &["--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let squeezed: String = ran.stdout.split_whitespace().collect();
    let (head, tail) = before.split_once(r#"{"Name":"Prod""#).unwrap();
    assert!(squeezed.starts_with(head), "{}", ran.stdout);
    assert!(squeezed.ends_with(tail), "{}", ran.stdout);
}

/// The stages of a template with its lines from `Stages:` to the next resource.
pub(crate) fn template(stages: &str) -> String {
    format!(
        "Conditions: {{Main: !Equals [!Ref Branch, main]}}
Parameters: {{Branch: {{Type: String}}}}
Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: payments
      Stages:
{stages}  Topic:
    Type: AWS::SNS::Topic
"
    )
}

pub(crate) fn patch(stages: &str, stage: &str, arguments: &[&str]) -> Ran {
    let input = file_of(&template(stages));
    let print = [&["--print", "pipeline.yaml"], arguments].concat();
    patch_in(text(input.path()), stage, &print)
}

/// Each dash is on a separate line, as in many guides. The list is not indented.
const DASHES_ALONE: &str = "      -
        Name: Source
        Actions:
        -
          Name: Source
          ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: 1}
      -
        # To production.
        Name: Prod
        Actions:
        -
          Name: Prepare
          ActionTypeId: {Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: 1}
          Configuration: {ActionMode: CHANGE_SET_REPLACE, StackName: app}
        -
          Name: Execute
          ActionTypeId: {Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: 1}
          Configuration:
            ActionMode: CHANGE_SET_EXECUTE
            StackName: app
          RunOrder: 2 # when it is prepared
";

/// The stage of SAM's pipelines for the main branch only.
pub(crate) const CONDITIONAL: &str = "        - Name: Source
          Actions:
            - Name: Source
              ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: 1}
        - !If
          - Main
          - Name: Prod
            Actions:
              - Name: Notify
                ActionTypeId: {Category: Invoke, Owner: AWS, Provider: Lambda, Version: 1}
                Configuration: {FunctionName: notify}
              - Name: Deploy
                ActionTypeId:
                  Category: Deploy
                  Owner: AWS
                  Provider: S3
                  Version: 1
                RunOrder: 2
          - !Ref AWS::NoValue
        - Name: Report
          Actions:
            - Name: Report
              ActionTypeId: {Category: Test, Owner: AWS, Provider: CodeBuild, Version: 1}
";

#[test]
fn a_dash_on_a_separate_line_begins_a_stage_too() {
    let ran = patch(DASHES_ALONE, "Release", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("patched_dashes_alone", ran.stdout);
}

#[test]
fn a_stage_under_a_condition_gets_the_approvals_under_the_same_one() {
    let ran = patch(CONDITIONAL, "Release", &["--before", "Prod"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("patched_condition", ran.stdout);
}

#[test]
fn an_action_of_a_template_waits_for_the_gate() {
    for (name, stages, action) in [
        ("patched_action_dashes", DASHES_ALONE, "Prod/Execute"),
        // An action without a `RunOrder` gets one.
        ("patched_action_first", DASHES_ALONE, "Prod/Prepare"),
        ("patched_action_condition", CONDITIONAL, "Prod/Deploy"),
    ] {
        let ran = patch(stages, "Prod", &["--before", action]);
        assert_eq!(ran.code, 0, "{action}: {}", ran.stderr);
        insta::assert_snapshot!(name, ran.stdout);
    }
    let json = json!({"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {
        "Name": "payments", "Stages": [
        {"Name": "Source", "Actions": []},
        {"Name": "Prod", "Actions": [
            {"Name": "First", "ActionTypeId":
                {"Category": "Test", "Owner": "AWS", "Provider": "CodeBuild", "Version": "1"}},
            {"ActionTypeId":
                {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"},
                "Name": "Second", "RunOrder": 2}]}]}}}});
    let input = file_of(&serde_json::to_string_pretty(&json).unwrap());
    for (action, orders) in [("First", [3, 4]), ("Second", [1, 4])] {
        let place = format!("Prod/{action}");
        let arguments = ["--before", &place, "--print", "pipeline.json"];
        let ran = patch_in(text(input.path()), "Prod", &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let patched: Value = serde_json::from_str(&ran.stdout).unwrap();
        let actions = patched["Resources"]["P"]["Properties"]["Stages"][1]["Actions"].as_array();
        for (name, order) in ["First", "Second"].into_iter().zip(orders) {
            let action = actions.unwrap().iter().find(|action| action["Name"] == name).unwrap();
            // The default is 1.
            assert_eq!(action["RunOrder"].as_u64().unwrap_or(1), order, "{name}");
        }
    }
}

#[test]
fn what_cannot_be_added_to_is_refused_and_never_half_changed() {
    let (first, _) = CONDITIONAL.split_once("        - !If").unwrap();
    let deploy = "{Name: Prod, Actions: [{Name: Deploy, ActionTypeId: \
        {Category: Deploy, Owner: AWS, Provider: S3, Version: 1}}]}";
    let both = format!("{first}        - !If [Main, {deploy}, !Ref AWS::NoValue]\n");
    let ran = patch(&both, "Release", &["--before", "Prod"]);
    // The gate would be the last stage if the condition does not hold.
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("the gate would not help there"), "{}", ran.stderr);
    let flow = format!("{first}        - {deploy}\n");
    let ran = patch(&flow, "Prod", &["--before", "Prod/Deploy"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("begin each stage and action on a new line"), "{}", ran.stderr);
}

#[test]
fn a_template_of_the_cdk_is_patched_with_a_warning_of_the_next_deployment() {
    let deploy = json!({"Name": "D", "ActionTypeId":
        {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"}});
    let pipeline = json!({"Type": "AWS::CodePipeline::Pipeline",
        "Properties": {"Name": "payments", "Stages":
            [{"Actions": [], "Name": "Source"}, {"Actions": [deploy], "Name": "Prod"}]},
        "Metadata": {"aws:cdk:path": "App/Pipeline/Resource"}});
    let template = json!({"Resources": {"PipelineC660917D": pipeline}});
    let input = file_of(&serde_json::to_string_pretty(&template).unwrap());
    let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("its next deployment takes the stage out again"), "{}", ran.stderr);
}

#[test]
fn a_plan_of_terraform_is_refused() {
    let plan = json!({"format_version": "1.2", "terraform_version": "1.9.0", "values":
        {"root_module": {"resources": [{"address": "aws_codepipeline.p", "type": "aws_codepipeline",
            "values": {"name": "payments", "stage": [
                {"name": "Source", "action": []},
                {"name": "Deploy", "action": [{"name": "D", "category": "Deploy",
                    "owner": "AWS", "provider": "S3"}]}]}}]}}});
    let ran = patch_in(text(file(&plan).path()), "Release", &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("it is a plan or a state of Terraform"), "{}", ran.stderr);
    let good = fixture("pipeline/bare.json");
    assert_eq!(patch_in(&good, "Release", &["--print", "pipeline.json"]).code, 0);
}
