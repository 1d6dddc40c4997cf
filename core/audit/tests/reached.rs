//! What people reach by several changes, some of them made by others whose credentials they get.
//! Each account is one that the audit once got wrong.

#![cfg(test)]

use audit::{Release, Scope, audit};
use findings::{AnswerIs, Found};
use iam::account::Account;
use serde_json::{Value, json};

const LAMBDA: &str = "lambda";
const SELF: &str = "can-grant-itself";
const SECOND: &str = "can-make-second-person";

fn arn(of: &str) -> String {
    format!("arn:aws:iam::111122223333:{of}")
}

/// Statements in short: `allow ACTION[,ACTION] RESOURCE`, a resource of IAM by its type and name.
fn policy(statements: &[&str]) -> Value {
    let statement = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let resource = match words[2] {
            "*" => "*".to_owned(),
            slot @ ("A" | "B") => format!("arn:aws:codepipeline:*:111122223333:pay/Release/{slot}"),
            of => arn(of),
        };
        let effect = if words[0] == "allow" { "Allow" } else { "Deny" };
        let actions: Vec<&str> = words[1].split(',').collect();
        json!({"Effect": effect, "Action": actions, "Resource": resource})
    };
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(statements: &[&str]) -> Value {
    match statements {
        [] => json!([]),
        _ => json!([{"PolicyName": "own", "PolicyDocument": policy(statements)}]),
    }
}

fn user(name: &str, groups: &[&str], statements: &[&str]) -> Value {
    json!({
        "UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn(&format!("user/{name}")),
        "GroupList": groups, "UserPolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

fn group(name: &str, statements: &[&str]) -> Value {
    json!({
        "GroupName": name, "GroupId": format!("AGPA{name}"), "Arn": arn(&format!("group/{name}")),
        "GroupPolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

/// A role that trusts Lambda, the account (`root`) or a user.
fn role(name: &str, trusted: &str, statements: &[&str]) -> Value {
    let principal = match trusted {
        LAMBDA => json!({"Service": "lambda.amazonaws.com"}),
        trusted => json!({"AWS": arn(trusted)}),
    };
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(&format!("role/{name}")),
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}],
        },
        "RolePolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

fn attached(name: &str) -> Value {
    json!([{"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))}])
}

/// A managed policy, its versions in order. The first is in force.
fn managed(name: &str, versions: &[&[&str]]) -> Value {
    let versions = (1..).zip(versions).map(|(number, statements)| {
        json!({
            "VersionId": format!("v{number}"), "IsDefaultVersion": number == 1,
            "Document": policy(statements),
        })
    });
    json!({
        "PolicyName": name, "Arn": arn(&format!("policy/{name}")), "DefaultVersionId": "v1",
        "PolicyVersionList": versions.collect::<Vec<_>>(),
    })
}

fn audited(account: &Value) -> Found {
    let account = Account::parse(&account.to_string()).unwrap();
    let scope = Scope {
        slots: vec!["A".parse().unwrap(), "B".parse().unwrap()],
        region: None,
        pipeline: None,
        stage: None,
        gate: "gate".parse().unwrap(),
        desk: None,
        release: Release::default(),
        declared: Vec::new(),
        deployed: None,
    };
    audit(&account, &scope, None, None).unwrap()
}

fn account(users: &[Value], groups: &[Value], roles: &[Value], policies: &[Value]) -> Value {
    json!({
        "UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles,
        "Policies": policies,
    })
}

/// ann is found with this code, and the answer is not that nobody can.
#[track_caller]
fn finds(code: &str, account: &Value) {
    let found = audited(account);
    let mut about = found.findings.iter().filter(|finding| finding.called == "ann");
    assert!(about.any(|finding| finding.code == code), "{:#?}", found.findings);
    assert_ne!(found.answer.unwrap().is, AnswerIs::Nobody);
}

/// Nobody is found who can answer both, with or without changes.
#[track_caller]
fn finds_nobody(account: &Value) {
    let found = audited(account);
    let both = ["can-approve-both", "can-approve-both-through-role", SELF, SECOND];
    let about: Vec<_> =
        found.findings.iter().filter(|finding| both.contains(&finding.code)).collect();
    assert!(about.is_empty(), "{about:#?}");
}

/// The trust policy may name another account of the same human.
#[test]
fn a_denial_to_assume_a_role_stops_nobody_who_rewrites_its_trust_policy() {
    let own = [
        "allow codepipeline:PutApprovalResult A",
        "allow iam:UpdateAssumeRolePolicy role/release",
        "deny sts:AssumeRole *",
    ];
    let roles = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
    finds(SELF, &account(&[user("ann", &[], &own)], &[], &roles, &[]));
}

#[test]
fn a_boundary_that_names_roles_leaves_no_other_names_for_new_ones() {
    let mut ann = user("ann", &[], &["allow * *"]);
    ann["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limit"),
    });
    let limit = |name: &str| {
        let calls = format!("allow iam:CreateRole,iam:PutRolePolicy role/{name}");
        [managed("limit", &[&[&calls]])]
    };
    let roles = [role("nightly", LAMBDA, &[])];
    finds_nobody(&account(&[ann.clone()], &[], &roles, &limit("nightly")));
    finds(SECOND, &account(&[ann], &[], &roles, &limit("free")));
}
