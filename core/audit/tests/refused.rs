//! Why the gate refuses somebody who answers twice, in the words of a finding.

#![cfg(test)]

use audit::{Scope, audit};
use findings::{Finding, Gate};
use iam::account::Account;
use rule::Rule;
use serde_json::{Value, json};

const ACCOUNT: &str = "arn:aws:iam::111122223333";
const P: &str = "AWSReservedSSO_P_0123456789abcdef";

fn approves(slots: &[&str]) -> Vec<Value> {
    let arn = |slot: &&str| format!("arn:aws:codepipeline:*:111122223333:*/*/{slot}");
    let resources: Vec<String> = slots.iter().map(arn).collect();
    vec![json!({"Effect": "Allow", "Action": "codepipeline:PutApprovalResult",
        "Resource": resources})]
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn role(path: &str, name: &str, trust: &Value, statements: &[Value]) -> Value {
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"),
        "Arn": format!("{ACCOUNT}:role/{path}{name}"),
        "AssumeRolePolicyDocument": policy(std::slice::from_ref(trust)),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
        "AttachedManagedPolicies": [],
    })
}

/// What is found about two answers.
fn found(users: &[Value], roles: &[Value], rule: &Value) -> Finding {
    let details = json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
    });
    let account = Account::parse(&details.to_string()).unwrap();
    let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
    let scope = Scope::of_all(slots, "gate".parse().unwrap());
    let rule = Rule::floor(&rule.to_string()).unwrap();
    let findings = audit(&account, &scope, Some(&rule), None).unwrap().findings;
    findings.into_iter().find(|finding| finding.gate.is_some()).unwrap()
}

#[test]
fn somebody_who_may_not_count_is_told_by_the_part_of_the_rule_that_says_so() {
    let ann = json!({
        "UserName": "ann", "UserId": "AIDAANN", "Arn": format!("{ACCOUNT}:user/ann"),
        "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(&approves(&["*"]))}],
    });
    let bob = format!("{ACCOUNT}:user/bob");
    for (rule, says) in [
        (
            json!({"onlyPeople": true, "people": {"bob": [bob]}}),
            "the gate still refuses: `onlyPeople` does not let `ann` count.",
        ),
        (
            json!({"roster": {"A": ["bob"], "B": ["*"]}}),
            "the gate still refuses: `ann` is not on the roster of A.",
        ),
        (
            json!({"roster": {"A": ["*"], "B": ["bob"]}}),
            "the gate still refuses: `ann` is not on the roster of B.",
        ),
    ] {
        let found = found(std::slice::from_ref(&ann), &[], &rule);
        assert!(found.message.ends_with(says), "{}", found.message);
    }
}

/// A session whose name the identity provider gives is one person, but the next role lets it choose
/// a name.
#[test]
fn a_session_that_chooses_its_name_in_the_next_role_is_two_people() {
    let provider = format!("{ACCOUNT}:saml-provider/AWSSSO_x_DO_NOT_DELETE");
    let federated = json!({"Effect": "Allow", "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]});
    let path = "aws-reserved/sso.amazonaws.com/eu-west-1/";
    let first = format!("{ACCOUNT}:role/{path}{P}");
    let trusts = json!({"Effect": "Allow", "Principal": {"AWS": first},
        "Action": "sts:AssumeRole"});
    let roles =
        [role(path, P, &federated, &approves(&["A"])), role("", "Q", &trusts, &approves(&["B"]))];
    let gate = |trusted: &[&str]| {
        let found = found(&[], &roles, &json!({"trustedSessionRoles": trusted}));
        assert_eq!(found.code, "can-approve-both-through-role");
        found.gate
    };
    assert_eq!(gate(&[P, "Q"]), Some(Gate::CountsTwo));
    assert_eq!(gate(&[P]), Some(Gate::Refuses));
}
