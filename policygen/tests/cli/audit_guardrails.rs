//! `policygen audit` and `policygen generate --guardrails` agree: the policy denies what the audit
//! finds, and the audit finds what the policy does not deny.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checker::{AUDIT, found};
use crate::program::generate;

const GUARDRAILS: &str = "TwoPersonRule-Guardrails";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// The policies that are generated, by their names.
fn generated() -> Vec<(String, Value)> {
    let ran = generate(&["--guardrails", "--gate", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let written: serde_json::Map<String, Value> = serde_json::from_str(&ran.stdout).unwrap();
    let policies = written.into_iter().filter_map(|(file, document)| {
        let name = file.strip_suffix(".policy.json")?;
        Some((name.to_owned(), document))
    });
    policies.collect()
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
    let scope = ["--region", "eu-west-1", "--pipeline", "payments", "--stage", "Release"];
    let (_, report) = AUDIT.examine(&account(without), &scope);
    let about = found(&report).into_iter().filter(|finding| finding.subject == ALICE);
    about.map(|finding| finding.code).collect()
}

#[test]
fn an_administrator_who_approves_is_held_by_the_guardrails() {
    assert_eq!(about_alice(&[]), BTreeSet::from(["approver-without-mfa".to_owned()]));
}

/// Take a denial away, and the audit says what it was for.
#[test]
fn the_audit_finds_what_each_denial_is_for() {
    for (without, code) in [
        (&["ChangePipelines"][..], "can-bypass-gate"),
        (&["SkipStages"], "can-bypass-gate"),
        (&["ChangeGate"], "can-bypass-gate"),
        (&["ReportForGate"], "can-bypass-gate"),
        (&["CallGate"], "can-invoke-gate"),
        (&["ChangeGroups"], "can-grant-itself"),
        (&["ChangePolicies"], "can-grant-itself"),
        (&["ImpersonateUsers"], "can-grant-itself"),
        (&["ImpersonateUsers"], "can-make-second-person"),
        (&["ChangeRoles"], "can-grant-itself"),
        (&["ChangeRoles"], "can-make-second-person"),
        (&["MakePeople"], "can-make-second-person"),
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
