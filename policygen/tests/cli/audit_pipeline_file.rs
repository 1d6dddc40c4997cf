//! `policygen audit --pipeline-file`: the pipeline says what to audit.

use serde_json::{Value, json};

use crate::checker::{AUDIT, file, file_of, found, text};
use crate::program::Ran;

fn action(name: &str, kind: [&str; 2], configuration: Value) -> Value {
    let [category, provider] = kind;
    json!({
        "name": name, "configuration": configuration,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
    })
}

/// A pipeline whose approvals are not the default slots.
fn pipeline(name: &str, gate: &str) -> Value {
    let approval = |name| action(name, ["Approval", "Manual"], json!({}));
    let mut gate = action("Gate", ["Invoke", "Lambda"], json!({"FunctionName": gate}));
    gate["runOrder"] = json!(2);
    json!({"pipeline": {
        "name": name, "roleArn": "arn:aws:iam::111122223333:role/PipelineRole",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {"name": "Check", "actions": [approval("Quality"), approval("Operations"), gate]},
            {"name": "Ship", "actions": [action("Stack", ["Deploy", "CloudFormation"], json!({
                "ActionMode": "CREATE_UPDATE", "StackName": "shop",
            }))]},
        ],
    }, "metadata": {"pipelineArn": format!("arn:aws:codepipeline:eu-west-1:111122223333:{name}")}})
}

/// The sound account, in which alice has this permission too.
fn audit(statement: &Value, arguments: &[&str]) -> (Ran, Value) {
    let mut account = AUDIT.sound();
    account["UserDetailList"][0]["UserPolicyList"] = json!([{
        "PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement},
    }]);
    let ran = AUDIT.run(&account, &[arguments, &["--format", "json"]].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, report)
}

fn nothing() -> Value {
    json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
}

#[test]
fn the_slots_the_stage_and_the_region_are_those_of_the_file() {
    let declared = file(&pipeline("shop", "two-person-rule-gate"));
    let both = json!({
        "Effect": "Allow", "Action": "codepipeline:PutApprovalResult",
        "Resource": "arn:aws:codepipeline:eu-west-1:111122223333:shop/Check/*",
    });
    let (_, report) = audit(&both, &["--pipeline-file", text(declared.path())]);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["code"] == "can-approve-both");
    let message = finding.unwrap()["message"].as_str().unwrap();
    assert!(message.contains("Quality and Operations"), "{message}");
    // An option goes before the file.
    let options = ["--pipeline-file", text(declared.path()), "--stage", "Ship"];
    let (_, report) = audit(&both, &options);
    assert!(found(&report).iter().all(|finding| finding.code != "can-approve-both"), "{report:#}");
}

#[test]
fn a_pipeline_without_a_gate_is_an_error_and_the_others_are_audited() {
    let without = file(&pipeline("bare", "another-function"));
    let (ran, _) = audit(&nothing(), &["--pipeline-file", text(without.path())]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    for part in ["`bare`", "two-person-rule-gate", "policygen doctor --pipeline-file"] {
        assert!(ran.stderr.contains(part), "{} lacks {part}", ran.stderr);
    }
    let with = file(&pipeline("shop", "two-person-rule-gate"));
    let changes = json!({
        "Effect": "Allow", "Action": "cloudformation:UpdateStack",
        "Resource": "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/*",
    });
    let files = ["--pipeline-file", text(without.path()), text(with.path())];
    let (ran, report) = audit(&changes, &files);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("`bare`"), "{}", ran.stderr);
    let mut found = found(&report).into_iter();
    let alice = "arn:aws:iam::111122223333:user/alice";
    assert!(found.any(|it| it.code == "can-bypass-gate" && it.subject == alice), "{report:#}");
}

/// Their policies differ only in what they are about.
#[test]
fn each_principal_is_asked_about_what_is_released() {
    let declared = file(&pipeline("shop", "two-person-rule-gate"));
    let stack =
        |name: &str| format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/*");
    for (action, [own, other]) in [
        ("cloudformation:UpdateStack", [stack("shop"), stack("blog")]),
        ("s3:PutObject", ["artifacts/*", "files/*"].map(|of| format!("arn:aws:s3:::{of}"))),
    ] {
        for (of_alice, of_bob, expected) in [(&own, &other, "alice"), (&other, &own, "bob")] {
            let mut account = AUDIT.sound();
            for (at, resource) in [of_alice, of_bob].into_iter().enumerate() {
                let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
                account["UserDetailList"][at]["UserPolicyList"] = json!([{
                    "PolicyName": "Own",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statement},
                }]);
            }
            let (_, report) = AUDIT.examine(&account, &["--pipeline-file", text(declared.path())]);
            let found = found(&report).into_iter().filter(|it| it.code == "can-bypass-gate");
            let users = found.map(|it| it.subject).filter(|subject| subject.contains(":user/"));
            let expected = format!("arn:aws:iam::111122223333:user/{expected}");
            assert_eq!(users.collect::<Vec<_>>(), [expected], "{action}");
        }
    }
}

#[test]
fn what_a_template_leaves_open_is_said_and_can_be_given() {
    let template = file_of(
        "
Resources:
  Shop:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: shop
      RoleArn: !GetAtt PipelineRole.Arn
      ArtifactStore: {Type: S3, Location: !Ref Bucket}
      Stages:
        - Name: Check
          Actions:
            - {Name: ApprovalA, ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: '1'}}
            - {Name: ApprovalB, ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: '1'}}
            - Name: Gate
              RunOrder: 2
              ActionTypeId: {Category: Invoke, Owner: AWS, Provider: Lambda, Version: '1'}
              Configuration: {FunctionName: two-person-rule-gate}
  Bucket: {Type: AWS::S3::Bucket}
  PipelineRole: {Type: AWS::IAM::Role}
",
    );
    let writes =
        json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::files/*"});
    let (ran, report) = audit(&writes, &["--pipeline-file", text(template.path())]);
    for part in ["`--artifact-bucket`", "`--deploy-role`"] {
        assert!(ran.stderr.contains(part), "{} lacks {part}", ran.stderr);
    }
    assert!(found(&report).iter().all(|finding| finding.code != "can-bypass-gate"));
    let options = ["--pipeline-file", text(template.path()), "--parameter", "Bucket=files"];
    let (ran, report) = audit(&writes, &options);
    assert!(!ran.stderr.contains("--artifact-bucket"), "{}", ran.stderr);
    assert!(found(&report).iter().any(|finding| finding.code == "can-bypass-gate"), "{report:#}");
}

#[test]
fn a_role_that_an_option_names_must_be_there() {
    let (ran, _) = audit(&nothing(), &["--deploy-role", "Nobody"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("--deploy-role"), "{}", ran.stderr);
}
