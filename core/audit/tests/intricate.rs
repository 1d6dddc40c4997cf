//! Policies whose wildcards are too entangled to be decided.

#![cfg(test)]

use audit::{Scope, audit};
use iam::account::Account;
use serde_json::{Value, json};

fn user(name: &str, statements: &[Value]) -> Value {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "UserName": name, "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
        "AttachedManagedPolicies": [],
    })
}

fn statement(effect: &str, element: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": "codepipeline:PutApprovalResult", element: resource})
}

/// Denies every pipeline whose name does not have these letters in this order.
fn only_with(letters: &str) -> Value {
    let letters: Vec<String> = letters.chars().map(String::from).collect();
    let name = letters.join("*");
    statement("Deny", "NotResource", &format!("arn:aws:codepipeline:*:111122223333:*{name}*/*"))
}

/// The codes about each user.
fn found(users: &[Value]) -> Vec<(String, &'static str)> {
    let details = json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
    });
    let account = Account::parse(&details.to_string()).unwrap();
    let slots = ["A", "B", "C"].map(|slot| slot.parse().unwrap()).into();
    let scope = Scope::of_all(slots, "gate".parse().unwrap());
    let found = audit(&account, &scope, None, None).unwrap();
    found.findings.into_iter().map(|it| (it.called, it.code)).collect()
}

#[test]
fn who_is_too_intricate_is_named_and_hides_nobody() {
    let both = ["A", "B"].map(|slot| {
        statement("Allow", "Resource", &format!("arn:aws:codepipeline:*:111122223333:*/*/{slot}"))
    });
    let orders =
        ["0123456789", "9876543210", "1032547698", "5678901234", "2468013579", "9753186420"];
    let everything = statement("Allow", "Resource", "*");
    let entangled: Vec<Value> =
        [everything].into_iter().chain(orders.into_iter().map(only_with)).collect();
    let found = found(&[user("ann", &both), user("cy", &entangled), user("dan", &both)]);
    let with = |code: &str| -> Vec<&str> {
        found.iter().filter(|it| it.1 == code).map(|it| &*it.0).collect()
    };
    assert_eq!(with("not-decided"), ["cy"]);
    assert_eq!(with("can-approve-both"), ["ann", "dan"]);
    // Perhaps cy can approve C, so it is not said that nobody can.
    assert_eq!(with("slot-without-approver"), Vec::<&str>::new());
}
