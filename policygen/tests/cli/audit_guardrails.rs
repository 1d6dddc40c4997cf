//! `policygen audit` and `policygen generate --guardrails` agree: the policy denies what the audit
//! finds, and the audit finds what the policy does not deny.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checker::{AUDIT, found};
use crate::program::generate;

const GUARDRAILS: &str = "TwoPersonRule-Guardrails";
const SCOPE: [&str; 10] = [
    "--region",
    "eu-west-1",
    "--pipeline",
    "payments",
    "--stage",
    "Release",
    "--deploy-role",
    "DeployRole",
    "--artifact-bucket",
    "payments-artifacts",
];
/// The role that deploys the gate's rule, and its project.
const RULE: &str = "two-person-rule-gate-rule-deploy";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// The policies that are generated, by their names.
fn generated() -> Vec<(String, Value)> {
    let policies = written().into_iter().filter_map(|(file, document)| {
        let name = file.strip_suffix(".policy.json")?;
        Some((name.to_owned(), document))
    });
    policies.collect()
}

/// The service control policies that are generated.
fn controls() -> Vec<Value> {
    let all = written().into_iter();
    all.filter(|(file, _)| file.ends_with(".scp.json")).map(|(_, document)| document).collect()
}

fn written() -> serde_json::Map<String, Value> {
    let ran = generate(&[
        "--guardrails",
        "--scp",
        "--gate",
        "--service-role",
        "PipelineRole",
        "--deploy-role",
        "DeployRole",
        "--deploy-role",
        RULE,
        "--artifact-bucket",
        "payments-artifacts",
        "--break-glass",
        "Deployer",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The account that the policies make, in which Alice, who approves ApprovalA, is also an
/// administrator; without some of the guardrails.
fn account(without: &[&str]) -> Value {
    let mut account = AUDIT.sound();
    let mut policies = Vec::new();
    for (name, mut document) in generated() {
        if name == GUARDRAILS {
            let statements = document["Statement"].as_array_mut().unwrap();
            let all = statements.len();
            statements.retain(|statement| !without.contains(&statement["Sid"].as_str().unwrap()));
            assert_eq!(statements.len() + without.len(), all, "{without:?}");
        }
        policies.push(json!({
            "PolicyName": name, "Arn": format!("arn:aws:iam::111122223333:policy/{name}"),
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}],
        }));
    }
    let everything = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    policies.push(json!({
        "PolicyName": "AdministratorAccess", "Arn": "arn:aws:iam::aws:policy/AdministratorAccess",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": everything}],
    }));
    policies.push(account["Policies"][0].clone());
    account["Policies"] = json!(policies);
    let attached = |name: &str| json!({"PolicyName": name, "PolicyArn": format!("arn:aws:iam::111122223333:policy/{name}")});
    for group in account["GroupDetailList"].as_array_mut().unwrap() {
        let name = group["GroupName"].as_str().unwrap().to_owned();
        if name.starts_with("TwoPersonRule-") {
            group["AttachedManagedPolicies"] = json!([attached(&name), attached(GUARDRAILS)]);
        }
    }
    // The roles of the gate, of the pipeline and of the rule.
    for (name, service) in [
        ("TwoPersonRule-Gate", "lambda.amazonaws.com"),
        ("PipelineRole", "codepipeline.amazonaws.com"),
        ("DeployRole", "cloudformation.amazonaws.com"),
        (RULE, "codebuild.amazonaws.com"),
    ] {
        account["RoleDetailList"].as_array_mut().unwrap().push(json!({
            "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", name.to_uppercase()),
            "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service},
            }},
            "RolePolicyList": [], "AttachedManagedPolicies": [],
        }));
    }
    account["UserDetailList"][0]["AttachedManagedPolicies"] = json!([
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ]);
    // People from an identity provider serve ApprovalB, too.
    account["RoleDetailList"].as_array_mut().unwrap().push(json!({
        "Path": "/", "RoleName": "ReleaseB", "RoleId": "AROAEXAMPLEB", "Arn": "arn:aws:iam::111122223333:role/ReleaseB",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
            "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
        }},
        "RolePolicyList": [], "AttachedManagedPolicies": [attached("TwoPersonRule-ApprovalB"), attached(GUARDRAILS)],
    }));
    account
}

fn about_alice(without: &[&str]) -> BTreeSet<String> {
    let (_, report) = AUDIT.examine(&account(without), &SCOPE);
    let about = found(&report).into_iter().filter(|finding| finding.subject == ALICE);
    about.map(|finding| finding.code).collect()
}

#[test]
fn an_administrator_who_approves_is_held_by_the_guardrails() {
    assert_eq!(about_alice(&[]), BTreeSet::from(["approver-without-mfa".to_owned()]));
}

/// The service control policy binds everybody but the roles that it names, so an administrator who
/// approves nothing has no way past the gate either. The role that deploys has some.
#[test]
fn an_administrator_under_the_service_control_policy_cannot_bypass_the_gate() {
    let mut account = account(&[]);
    let everything = json!([
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ]);
    account["UserDetailList"][0]["GroupList"] = json!([]);
    account["RoleDetailList"].as_array_mut().unwrap().push(json!({
        "Path": "/", "RoleName": "Deployer", "RoleId": "AROADEPLOYER",
        "Arn": "arn:aws:iam::111122223333:role/Deployer",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
        }},
        "RolePolicyList": [], "AttachedManagedPolicies": everything,
    }));
    let folder = tempfile::tempdir().unwrap();
    let level = folder.path().join("level.json");
    let full = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let policies: Vec<Value> = std::iter::once(full).chain(controls()).collect();
    assert!(policies.len() > 1);
    std::fs::write(&level, json!(policies).to_string()).unwrap();
    let level = level.to_str().unwrap();
    let bypassing = |scope: &[&str]| -> BTreeSet<String> {
        let (_, report) = AUDIT.examine(&account, scope);
        let found = found(&report).into_iter();
        let bypassing = found.filter(|finding| finding.code == "can-bypass-gate");
        bypassing.map(|finding| finding.subject).collect()
    };
    let deployer = "arn:aws:iam::111122223333:role/Deployer".to_owned();
    assert!(bypassing(&SCOPE).is_superset(&BTreeSet::from([ALICE.to_owned(), deployer.clone()])));
    // She could still replace artifacts: builds have to write them, with roles of any name.
    let without_artifacts = SCOPE.get(..8).unwrap();
    let held = bypassing(&[without_artifacts, &["--scp", level]].concat());
    assert!(!held.contains(ALICE) && held.contains(&deployer), "{held:?}");
    assert!(bypassing(&[&SCOPE[..], &["--scp", level]].concat()).contains(ALICE));
    // A role or a user that she makes does not approve.
    let (_, report) = AUDIT.examine(&account, &[&SCOPE[..], &["--scp", level]].concat());
    let second = found(&report).into_iter();
    let second = second.filter(|finding| finding.code == "can-make-second-person");
    assert_eq!(second.map(|finding| finding.subject).collect::<Vec<_>>(), [deployer]);
}

/// Take a denial away, and the audit says what it was for.
#[test]
fn the_audit_finds_what_each_denial_is_for() {
    for (without, code) in [
        (&["ChangePipelines"][..], "can-bypass-gate"),
        (&["SkipStages"], "can-bypass-gate"),
        (&["ChangeGate"], "can-bypass-gate"),
        (&["ReportForGate"], "can-bypass-gate"),
        (&["ChangeRule"], "can-bypass-gate"),
        (&["CallGate"], "can-invoke-gate"),
        (&["ChangeGroups"], "can-grant-itself"),
        (&["ChangePolicies"], "can-grant-itself"),
        (&["ImpersonateUsers"], "can-grant-itself"),
        (&["ImpersonateUsers"], "can-make-second-person"),
        (&["ChangeRoles"], "can-grant-itself"),
        (&["ChangeRoles"], "can-make-second-person"),
        (&["MakePeople"], "can-make-second-person"),
        (&["MakePipelines", "BecomeDeployment"], "can-bypass-gate"),
        (&["BecomeDeployment"], "can-bypass-gate"),
        (&["OpenArtifacts"], "can-bypass-gate"),
        (&["ReplaceArtifacts"], "can-bypass-gate"),
    ] {
        let found = about_alice(without);
        assert!(found.contains(code), "without {without:?}: {found:?} lacks {code}");
    }
}

/// A way of every kind to a second person, where nothing is denied.
#[test]
fn an_administrator_without_guardrails_can_make_every_second_person() {
    let without = ["ChangeRoles", "MakePeople", "ImpersonateUsers", "WriteInlinePolicies"];
    let scope = ["--region", "eu-west-1", "--pipeline", "payments", "--stage", "Release"];
    let (_, report) = AUDIT.examine(&account(&without), &scope);
    let findings = report["findings"].as_array().unwrap();
    let second = findings.iter().find(|finding| {
        finding["code"] == "can-make-second-person" && finding["subject"]["arn"] == ALICE
    });
    let message = second.unwrap()["message"].as_str().unwrap();
    for way in [
        "as a new user, by iam:CreateUser",
        "as a new role, by iam:CreateRole",
        "as anybody in `ReleaseB`, by iam:UpdateSAMLProvider",
    ] {
        assert!(message.contains(way), "{message} lacks {way}");
    }
}
