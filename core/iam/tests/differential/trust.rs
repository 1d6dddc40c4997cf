//! Requests to assume a role.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::conditions;
use crate::request::{self, ACCOUNT, ALICE, ROLE, Request};

fn principal() -> impl Strategy<Value = Value> {
    let bob = "arn:aws:iam::111122223333:user/bob";
    prop_oneof![
        4 => Just(json!({"AWS": ALICE})),
        4 => Just(json!({"AWS": ACCOUNT})),
        2 => Just(json!({"AWS": "arn:aws:iam::111122223333:root"})),
        1 => Just(json!({"AWS": "*"})),
        1 => Just(json!("*")),
        1 => Just(json!({"AWS": [bob, "444455556666"]})),
        1 => Just(json!({"AWS": [bob, ALICE], "Service": "lambda.amazonaws.com"})),
        1 => Just(json!({"Service": "lambda.amazonaws.com"})),
        1 => Just(json!({"Federated": "arn:aws:iam::111122223333:saml-provider/idp"})),
    ]
}

/// A statement of a trust policy.
fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![8 => Just(("Allow", "Principal")), 1 => Just(("Deny", "Principal")), 1 => Just(("Deny", "NotPrincipal"))];
    let action = select(vec![
        json!("sts:AssumeRole"),
        json!("sts:AssumeRole"),
        json!(["sts:assumerole", "sts:TagSession"]),
        json!("sts:*"),
        json!("sts:TagSession"),
    ]);
    (effect, action, principal(), conditions::block_about_the_user()).prop_map(
        |((effect, element), action, principal, conditions)| {
            let mut statement = json!({"Effect": effect, element: principal, "Action": action});
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

/// A user's policy about assuming roles.
fn own() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![5 => Just("Allow"), 1 => Just("Deny")];
    let action = select(&["*", "sts:*", "sts:AssumeRole", "sts:TagSession"][..]);
    let resource =
        select(&["*", ROLE, "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/Other"][..]);
    (effect, action, resource, conditions::block_about_the_user()).prop_map(
        |(effect, action, resource, conditions)| {
            let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

/// Requests by a user with a fully known context, as far as the policies use it.
pub(crate) fn requests() -> impl Strategy<Value = Request> {
    let policy = || request::policy(own(), 2);
    let limit = || {
        prop_oneof![
            Just(
                json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
            ),
            policy(),
        ]
    };
    (
        request::policy(statement(), 3),
        prop::collection::vec(policy(), 0..=2),
        prop::collection::vec(policy(), 0..=1),
        prop::option::weighted(0.3, limit()),
        prop::collection::vec(prop::collection::vec(limit(), 1), 0..=1),
    )
        .prop_map(|(trust, own, group, boundary, controls)| Request {
            action: "sts:AssumeRole".to_owned(),
            resource: ROLE.to_owned(),
            context: known(),
            own,
            group,
            boundary,
            controls,
            trust: Some(trust),
        })
}

/// The context of every request by the user, as far as the policies use it.
fn known() -> BTreeMap<String, Vec<String>> {
    let known = [
        ("aws:username", "alice"),
        ("aws:userid", "AIDAALICE"),
        ("aws:PrincipalArn", ALICE),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "User"),
        ("aws:PrincipalTag/Slot", "A"),
        ("aws:PrincipalTag/Team", "blue"),
    ];
    known.into_iter().map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).collect()
}
