//! People who are easy to overlook: after somebody whose permissions cannot be decided, and behind
//! roles of IAM Identity Center.

#![cfg(test)]

use audit::identity_center::Reader;
use audit::{Scope, audit};
use findings::{Finding, Gate, Severity};
use iam::account::Account;
use rule::Rule;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const SSO: &str = "aws-reserved/sso.amazonaws.com/eu-west-1";

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn approve(slot: &str) -> Value {
    allow("codepipeline:PutApprovalResult", &format!("arn:aws:codepipeline:*:*:*/*/{slot}"))
}

fn user(name: &str, statements: &[Value]) -> Value {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "UserName": name, "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
        "AttachedManagedPolicies": [],
    })
}

fn role(path: &str, name: &str, trust: &Value, statements: &[Value]) -> Value {
    let policy = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{path}{name}"),
        "AssumeRolePolicyDocument": policy(std::slice::from_ref(trust)),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
        "AttachedManagedPolicies": [],
    })
}

/// The name of the role that IAM Identity Center makes for a permission set.
fn name_for(set: &str) -> String {
    format!("AWSReservedSSO_{set}_0123456789abcdef")
}

/// That role.
fn role_for(set: &str, statements: &[Value]) -> Value {
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x_DO_NOT_DELETE");
    let trust = json!({"Effect": "Allow", "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]});
    role(&format!("{SSO}/"), &name_for(set), &trust, statements)
}

/// The lists of IAM Identity Center, in which one person has these permission sets.
fn alice_has(sets: &[&str]) -> Vec<Value> {
    let arn = |set: &str| format!("arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-{set}");
    let names = sets
        .iter()
        .map(|set| json!({"PermissionSet": {"Name": set, "PermissionSetArn": arn(set)}}));
    let assigned = sets.iter().map(|set| {
        json!({"AccountAssignments": [{"AccountId": ACCOUNT, "PermissionSetArn": arn(set),
            "PrincipalType": "USER", "PrincipalId": "id-alice"}]})
    });
    let alice = json!({"IdentityStoreId": "d-1234567890", "UserId": "id-alice",
        "UserName": "alice@example.com"});
    names.chain(assigned).chain([json!({"Users": [alice]})]).collect()
}

fn found(users: &[Value], roles: &[Value], rule: Option<&Value>, lists: &[Value]) -> Vec<Finding> {
    let details = json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
    });
    let account = Account::parse(&details.to_string()).unwrap();
    let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
    let scope = Scope::of_all(slots, "gate".parse().unwrap());
    let rule = rule.map(|rule| Rule::floor(&rule.to_string()).unwrap());
    let mut reader = Reader::default();
    for (number, list) in lists.iter().enumerate() {
        reader.add(&format!("{number}.json"), &list.to_string()).unwrap();
    }
    let center = (!lists.is_empty()).then(|| reader.finish().unwrap());
    audit(&account, &scope, rule.as_ref(), center.as_ref()).unwrap().findings
}

/// A check stops at her, and begins again without her.
#[test]
fn somebody_who_cannot_be_decided_hides_nobody_from_any_check() {
    let orders =
        ["0123456789", "9876543210", "1032547698", "5678901234", "2468013579", "9753186420"];
    // Each denies every pipeline whose name does not have these digits in this order.
    let only_with = |digits: &str| {
        let digits: Vec<String> = digits.chars().map(String::from).collect();
        let name = digits.join("*");
        json!({"Effect": "Deny", "Action": "codepipeline:UpdatePipeline",
            "NotResource": format!("arn:aws:codepipeline:*:{ACCOUNT}:*{name}*")})
    };
    let updates = [allow("codepipeline:UpdatePipeline", "*")];
    let entangled: Vec<Value> =
        updates.iter().cloned().chain(orders.into_iter().map(only_with)).collect();
    let users = [user("ann", &updates), user("cy", &entangled), user("dan", &updates)];
    let found = found(&users, &[], None, &[]);
    let with = |code: &str| -> Vec<&str> {
        found.iter().filter(|it| it.code == code).map(|it| &*it.called).collect()
    };
    assert_eq!(with("not-decided"), ["cy"]);
    assert_eq!(with("can-bypass-gate"), ["ann", "dan"]);
}

/// Her roles approve nothing themselves.
#[test]
fn a_person_whose_roles_lead_to_roles_that_approve_is_found() {
    let roles = |slots: [&str; 2]| -> Vec<Value> {
        let pairs = ["EnterA", "EnterB"].into_iter().zip(slots);
        let pairs = pairs.map(|(set, slot)| {
            let release = format!("Release{set}");
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{release}");
            let enters = format!("arn:aws:iam::{ACCOUNT}:role/{SSO}/{}", name_for(set));
            let trust = json!({"Effect": "Allow", "Principal": {"AWS": enters},
                "Action": "sts:AssumeRole"});
            let enter = role_for(set, &[allow("sts:AssumeRole", &arn)]);
            [enter, role("", &release, &trust, &[approve(slot)])]
        });
        pairs.flatten().collect()
    };
    let lists = alice_has(&["EnterA", "EnterB"]);
    let called = |slots: [&str; 2]| {
        let found = found(&[], &roles(slots), None, &lists).into_iter();
        let both = found.filter(|it| it.code == "member-of-both-groups");
        both.map(|it| it.called).collect::<Vec<_>>()
    };
    assert_eq!(called(["A", "B"]), ["alice@example.com"]);
    assert!(called(["A", "A"]).is_empty());
}

/// One slot as a user, the other in a session of a role.
#[test]
fn what_counts_a_person_of_identity_center_once_is_said() {
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}", name_for("ReleaseB"));
    let rule = json!({
        "trustedSessionRoles": ["AWSReservedSSO_*"],
        "people": {"alice": [
            format!("arn:aws:iam::{ACCOUNT}:user/al"), format!("{session}/alice@example.com"),
        ]},
    });
    let users = [user("al", &[approve("A")])];
    let roles = [role_for("ReleaseB", &[approve("B")])];
    let found = found(&users, &roles, Some(&rule), &alice_has(&["ReleaseB"]));
    let one = found.iter().find(|it| it.code == "one-person-on-two-slots").unwrap();
    assert_eq!((one.severity, one.gate), (Severity::Error, Some(Gate::Refuses)));
    let role = name_for("ReleaseB");
    let says = format!("it counts `al` and `{role}` as `alice@example.com` once");
    assert!(one.message.contains(&says), "{}", one.message);
}

/// The person who is assigned answers under another name than the person who assigns.
#[test]
fn somebody_who_assigns_a_role_makes_a_second_person_for_the_gate() {
    let assigns = allow("sso:CreateAccountAssignment", "*");
    let users = [user("ann", &[approve("A"), assigns])];
    let roles = [role_for("ReleaseB", &[approve("B")])];
    let second = |rule: &Value| {
        let found = found(&users, &roles, Some(rule), &[]).into_iter();
        let mut second = found.filter(|it| it.code == "can-make-second-person");
        second.next().map(|it| (it.called, it.severity, it.gate))
    };
    let of_ann = |severity, gate| Some(("ann".to_owned(), severity, Some(gate)));
    let believing = json!({"trustedSessionRoles": ["AWSReservedSSO_*"]});
    assert_eq!(second(&believing), of_ann(Severity::Error, Gate::CountsTwo));
    let only = json!({"trustedSessionRoles": ["AWSReservedSSO_*"], "onlyPeople": true,
        "people": {"ann": [format!("arn:aws:iam::{ACCOUNT}:user/ann")]}});
    assert_eq!(second(&only), of_ann(Severity::Warning, Gate::Refuses));
}
