//! `policygen generate --patch-pipeline`: the right place, or a refusal that lists the candidates.

use std::fs;

use serde_json::{Value, json};

use crate::checker::{file, file_of, text};
use crate::program::{Ran, fixture, policygen};

/// A pipeline: stages with actions, each a name and a type.
type Shape = &'static [(&'static str, &'static [(&'static str, &'static str)])];

/// Shapes of pipelines that tools and guides make.
const CODEBUILD_ONLY: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Plan", &[("Plan", "Build/CodeBuild")]),
    ("Apply", &[("Apply", "Build/CodeBuild")]),
];
const ONE_DEPLOYMENT: Shape = &[
    ("Source", &[("Source", "Source/CodeStarSourceConnection")]),
    ("Build", &[("Build", "Build/CodeBuild")]),
    ("Deploy", &[("Deploy", "Deploy/ECS")]),
];
const TESTED_AFTERWARDS: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Prod", &[("Deploy", "Deploy/S3")]),
    ("Check", &[("Smoke", "Test/CodeBuild")]),
];
const TEST_AND_PRODUCTION: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Build", &[("Build", "Build/CodeBuild")]),
    ("Test", &[("Deploy", "Deploy/CloudFormation")]),
    ("Prod", &[("Deploy", "Deploy/CloudFormation")]),
];
const CHANGE_SET: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    (
        "Prod",
        &[
            ("Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Execute", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const CHANGE_SET_APPROVED: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    (
        "Prod",
        &[
            ("Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Approve", "Approval/Manual"),
            ("Execute", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const STAGING_THEN_BUILD: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Beta", &[("Deploy", "Deploy/ElasticBeanstalk")]),
    ("Prod", &[("Terraform", "Build/CodeBuild")]),
];
const SELF_MUTATING: Shape = &[
    ("Source", &[("Source", "Source/CodeStarSourceConnection")]),
    ("Build", &[("Synth", "Build/CodeBuild")]),
    ("UpdatePipeline", &[("SelfMutate", "Build/CodeBuild")]),
    ("Assets", &[("FileAsset1", "Build/CodeBuild")]),
    (
        "Prod",
        &[
            ("Stack.Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Stack.Deploy", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const STARTS_ANOTHER: Shape =
    &[("Source", &[("Source", "Source/S3")]), ("Promote", &[("Start", "Invoke/CodePipeline")])];
const STARTS_A_STATE_MACHINE: Shape =
    &[("Source", &[("Source", "Source/S3")]), ("Deploy", &[("Run", "Invoke/StepFunctions")])];

fn pipeline(shape: Shape) -> Value {
    let stages = shape.iter().map(|(name, actions)| {
        let actions = actions.iter().enumerate().map(|(index, (name, kind))| {
            let (kind, mode) = kind.split_once(':').unwrap_or((*kind, ""));
            let (category, provider) = kind.split_once('/').unwrap();
            let configuration = match mode {
                "" => json!({}),
                mode => json!({"ActionMode": mode, "StackName": "app"}),
            };
            json!({"name": name, "runOrder": index + 1, "configuration": configuration,
                "actionTypeId":
                    {"category": category, "owner": "AWS", "provider": provider, "version": "1"}})
        });
        json!({"name": name, "actions": actions.collect::<Vec<_>>()})
    });
    json!({"pipeline": {"name": "payments", "pipelineType": "V2",
        "stages": stages.collect::<Vec<_>>()}})
}

fn patch_in(path: &str, stage: &str, arguments: &[&str]) -> Ran {
    let fixed = ["generate", "--region", "eu-west-1", "--account", "111122223333"];
    let target = ["--pipeline", "payments", "--stage", stage, "--patch-pipeline", path];
    policygen(&[&fixed[..], &target, arguments].concat())
}

fn patch(shape: Shape, stage: &str, arguments: &[&str]) -> Ran {
    let input = file(&pipeline(shape));
    patch_in(text(input.path()), stage, &[&["--print", "pipeline.json"], arguments].concat())
}

/// Stages with their actions by `runOrder`, as in `Release: ApprovalA ApprovalB, TwoPersonRule`.
fn stages(patched: &str) -> Vec<String> {
    let patched: Value = serde_json::from_str(patched).unwrap();
    let stages = patched["pipeline"]["stages"].as_array().unwrap().iter();
    let words = stages.map(|stage| {
        let mut actions: Vec<(u64, &str)> = stage["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| (action["runOrder"].as_u64().unwrap(), action["name"].as_str().unwrap()))
            .collect();
        actions.sort_unstable();
        let groups = actions
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| group.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(" "));
        format!("{}: {}", stage["name"].as_str().unwrap(), groups.collect::<Vec<_>>().join(", "))
    });
    words.collect()
}

const RELEASE: &str = "Release: ApprovalA ApprovalB, TwoPersonRule";

#[test]
fn the_stage_goes_where_only_one_place_is_right() {
    for (shape, index) in [
        (ONE_DEPLOYMENT, 2),
        (TESTED_AFTERWARDS, 1),
        (CHANGE_SET, 1),
        (SELF_MUTATING, 4),
        (STARTS_ANOTHER, 1),
        (STARTS_A_STATE_MACHINE, 1),
    ] {
        let ran = patch(shape, "Release", &[]);
        assert_eq!(ran.code, 0, "{shape:?}: {}", ran.stderr);
        assert_eq!(stages(&ran.stdout)[index], RELEASE, "{shape:?}");
    }
    let ran = patch(SELF_MUTATING, "Release", &[]);
    assert!(ran.stderr.contains("suggests that `SelfMutate` changes"), "{}", ran.stderr);
}

#[test]
fn a_place_that_is_not_certain_is_refused_with_the_candidates() {
    for (shape, reason, candidates) in [
        (CODEBUILD_ONLY, "no stage has an action that certainly deploys", "`Plan`, `Apply`"),
        (TEST_AND_PRODUCTION, "`Test`, `Prod` deploy", "`Test`, `Prod`"),
        (STAGING_THEN_BUILD, "`Prod` may deploy too", "`Beta`, `Prod`"),
        (CHANGE_SET_APPROVED, "`Prod` asks for approval", "`Prod`"),
    ] {
        let ran = patch(shape, "Release", &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{shape:?}");
        for words in [reason, &format!("with `--before` and one of {candidates}\n")] {
            assert!(ran.stderr.contains(words), "{shape:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn before_and_after_say_where() {
    for (shape, arguments, index) in [
        (CODEBUILD_ONLY, ["--before", "Apply"], 2),
        (CODEBUILD_ONLY, ["--after", "Plan"], 2),
        (CODEBUILD_ONLY, ["--after", "Source"], 1),
        (TEST_AND_PRODUCTION, ["--before", "Prod"], 3),
        (STAGING_THEN_BUILD, ["--after", "Beta"], 2),
    ] {
        let ran = patch(shape, "Release", &arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert_eq!(stages(&ran.stdout)[index], RELEASE, "{arguments:?}");
    }
    let ran = patch(TEST_AND_PRODUCTION, "Release", &["--before", "Prod"]);
    assert!(ran.stderr.contains("`Deploy` deploys before anybody is asked"), "{}", ran.stderr);
}

#[test]
fn an_action_keeps_its_stage_and_waits_for_the_gate() {
    for arguments in [["--before", "Prod/Execute"], ["--after", "Prod/Prepare"]] {
        let ran = patch(CHANGE_SET, "Prod", &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let prod = "Prod: Prepare, ApprovalA ApprovalB, TwoPersonRule, Execute";
        assert_eq!(stages(&ran.stdout), ["Source: Source", prod]);
    }
}

#[test]
fn a_place_that_would_not_help_is_refused() {
    for (shape, stage, arguments, reason) in [
        (CODEBUILD_ONLY, "Release", ["--before", "Source"], "the stage would be the first one"),
        (CODEBUILD_ONLY, "Release", ["--after", "Source/Source"], "the stage would be the first"),
        (CODEBUILD_ONLY, "Release", ["--after", "Apply"], "nothing comes after `Apply`"),
        (CODEBUILD_ONLY, "Release", ["--before", "Applied"], "it has no `Applied`; its stages are"),
        (CODEBUILD_ONLY, "Release", ["--before", "Apply/Plan"], "it has no `Apply/Plan`"),
        (CODEBUILD_ONLY, "Release", ["--before", "Apply/Apply"], "give `--stage Apply`"),
        (CODEBUILD_ONLY, "Apply", ["--before", "Plan"], "there is a stage `Apply` already"),
        (CHANGE_SET, "Prod", ["--after", "Prod/Execute"], "the gate would not help there"),
    ] {
        let ran = patch(shape, stage, &arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
    let both = patch(CODEBUILD_ONLY, "Release", &["--before", "Apply", "--after", "Plan"]);
    assert_eq!(both.code, 2);
    let bad = patch(CODEBUILD_ONLY, "Release", &["--before", "a/b/c"]);
    assert!(bad.code == 2 && bad.stderr.contains("is not STAGE or STAGE/ACTION"), "{}", bad.stderr);
}

#[test]
fn every_form_of_a_declaration_is_patched_alike() {
    let whole = patch(ONE_DEPLOYMENT, "Release", &[]).stdout;
    let bare = pipeline(ONE_DEPLOYMENT)["pipeline"].to_string();
    let yaml = format!("pipeline: {bare}\n");
    for content in [bare, yaml] {
        let input = file_of(&content);
        let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let [patched, whole]: [Value; 2] =
            [&ran.stdout, &whole].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(patched, whole);
    }
}

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
    let ran = patch_in(text(&path), "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("on a new line"), "{}", ran.stderr);
}

#[test]
fn a_stage_under_a_condition_is_not_torn_apart() {
    let (before, _) = TEMPLATE.split_once("        # To production.\n").unwrap();
    let template = before.to_owned()
        + "        - !If
          - Always
          - Name: Deploy
            Actions:
              - Name: Deploy
                ActionTypeId: {Category: Deploy, Owner: AWS, Provider: S3, Version: '1'}
          - !Ref AWS::NoValue
Conditions: {Always: !Equals [a, a]}
";
    let input = file_of(&template);
    let ran = patch_in(text(input.path()), "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("on a new line"), "{}", ran.stderr);
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
