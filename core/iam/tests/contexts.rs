//! What is known about the requests of the users and roles of an account.

#![cfg(test)]

use iam::account::{Account, Actor, RoleIx, UserIx};
use iam::{Context, Value};
use serde_json::json;

const ALICE: Actor = Actor::User(UserIx(0));
const DEPLOYER: Actor = Actor::Role(RoleIx(0));
/// A role whose trust policy lets callers set session tags.
const TAGGED: Actor = Actor::Role(RoleIx(1));

fn account() -> Account {
    let tags = json!([{"Key": "Slot", "Value": "A"}]);
    let role = |name: &str, effect: &str, action: &str| {
        json!({
            "RoleName": name, "RoleId": format!("AROA{name}"), "Path": "/",
            "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}},
                {"Effect": effect, "Action": action, "Principal": {"AWS": "*"}},
            ]},
            "RolePolicyList": [], "AttachedManagedPolicies": [], "Tags": tags,
            "InstanceProfileList": [],
        })
    };
    let details = json!({
        "UserDetailList": [{
            "UserName": "alice", "UserId": "AIDA1", "Path": "/", "Tags": tags,
            "Arn": "arn:aws:iam::111122223333:user/alice",
            "UserPolicyList": [], "GroupList": [], "AttachedManagedPolicies": [],
        }],
        "GroupDetailList": [],
        "RoleDetailList": [
            role("Deployer", "Deny", "sts:TagSession"),
            role("Tagged", "Allow", "sts:TagSession"),
            role("Federated", "Allow", "sts:AssumeRoleWithSAML"),
        ],
        "Policies": [],
    });
    Account::parse(&details.to_string()).unwrap()
}

fn known(value: &str) -> Value {
    Value::Known(vec![value.to_owned()])
}

fn assert_knows(context: &Context, expected: &[(&str, Value)]) {
    for (key, value) in expected {
        assert_eq!(context.get(key), value, "{key}");
    }
}

/// IAM User Guide, "AWS global condition context keys".
#[test]
fn a_request_says_who_makes_it() {
    let account = account();
    let of_both = [
        ("aws:PrincipalAccount", known("111122223333")),
        ("aws:ResourceAccount", known("111122223333")),
        ("aws:PrincipalIsAWSService", known("false")),
        ("aws:SecureTransport", Value::Present),
        ("aws:RequestedRegion", Value::Present),
        ("aws:PrincipalTag/slot", known("A")),
        ("aws:PrincipalTag/Team", Value::Absent),
        ("aws:SourceIp", Value::Unknown),
    ];
    let alice = account.context(ALICE);
    assert_knows(&alice, &of_both);
    assert_knows(
        &alice,
        &[
            ("aws:PrincipalArn", known("arn:aws:iam::111122223333:user/alice")),
            ("aws:PrincipalType", known("User")),
            ("aws:username", known("alice")),
            ("aws:userid", known("AIDA1")),
            ("aws:FederatedProvider", Value::Absent),
        ],
    );
    let role = account.context(DEPLOYER);
    assert_knows(&role, &of_both);
    assert_knows(
        &role,
        &[
            ("aws:PrincipalArn", known("arn:aws:iam::111122223333:role/Deployer")),
            ("aws:PrincipalType", known("AssumedRole")),
            ("aws:username", Value::Absent),
            ("aws:userid", Value::Beginning("AROADeployer:".to_owned())),
            ("aws:FederatedProvider", Value::Unknown),
        ],
    );
}

/// IAM User Guide, "Pass session tags in AWS STS": they override the tags of the role.
#[test]
fn a_tag_is_unknown_if_a_caller_may_set_it() {
    let account = account();
    let unknown =
        [("aws:PrincipalTag/Slot", Value::Unknown), ("aws:PrincipalTag/T", Value::Unknown)];
    assert_knows(&account.context(TAGGED), &unknown);
    let federated = Actor::Role(RoleIx(2));
    for actor in [ALICE, DEPLOYER, federated] {
        let context = account.context(actor);
        let as_they_are =
            [("aws:PrincipalTag/Slot", known("A")), ("aws:PrincipalTag/T", Value::Absent)];
        assert_knows(&context, &as_they_are);
        let retagged = account.retagged(actor, context);
        assert_knows(&retagged, &unknown);
        assert_knows(&retagged, &[("aws:PrincipalAccount", known("111122223333"))]);
    }
}

#[test]
fn whoever_makes_a_principal_chooses_its_name_and_maybe_its_tags() {
    let account = account();
    for (is_user, kind, name) in
        [(true, "User", Value::Present), (false, "AssumedRole", Value::Absent)]
    {
        for (may_be_tagged, tag) in [(true, Value::Unknown), (false, Value::Absent)] {
            let provider = if is_user { Value::Absent } else { Value::Unknown };
            assert_knows(
                &account.context_of_new(is_user, may_be_tagged),
                &[
                    ("aws:PrincipalAccount", known("111122223333")),
                    ("aws:ResourceAccount", known("111122223333")),
                    ("aws:PrincipalIsAWSService", known("false")),
                    ("aws:PrincipalType", known(kind)),
                    ("aws:PrincipalArn", Value::Present),
                    ("aws:userid", Value::Present),
                    ("aws:username", name.clone()),
                    ("aws:FederatedProvider", provider),
                    ("aws:PrincipalTag/Slot", tag),
                    ("aws:CurrentTime", Value::Present),
                ],
            );
        }
    }
}

#[test]
fn a_request_is_made_now_or_later() {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    for (account, expected) in [(account(), Value::Present), (account().at(now), Value::Since(now))]
    {
        for context in [account.context_of_anybody(), account.context(ALICE)] {
            assert_knows(
                &context,
                &[("aws:CurrentTime", expected.clone()), ("aws:EpochTime", expected.clone())],
            );
        }
        assert_knows(&account.context_of_anybody(), &[("aws:PrincipalArn", Value::Unknown)]);
    }
}
