//! Quick answers about policies, compared with the slow ones.

#![cfg(test)]

use iam::{Clauses, Condition, Context, Effect, Grants, Limits, Policy, Truth};
use proptest::prelude::*;
use serde_json::{Value, json};

const ACTION: &str = "codepipeline:putapprovalresult";

fn read(statements: &Value) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::identity(&document.to_string()).unwrap()
}

fn statement(effect: &str, element: &str, resources: &[&str]) -> Value {
    json!({"Effect": effect, "Action": ACTION, element: resources})
}

fn of<'a>(identity: &'a [Policy], boundary: Option<&'a Policy>) -> Clauses<'a, usize> {
    let limits = Limits { boundary: boundary.map(|it| vec![(9, it)]), controls: Vec::new() };
    let grants = Grants { identity: identity.iter().enumerate().collect(), limits };
    grants.about(ACTION, &Context::new())
}

fn strategy() -> impl Strategy<Value = Vec<Policy>> {
    let resource = prop_oneof![
        4 => "[ab*?]{1,3}".prop_map(|name| format!("arn:p:s:r:n:{name}")),
        1 => Just("*".to_owned()),
        1 => Just("arn:p:s:r:n:${aws:PrincipalTag/x}".to_owned()),
    ];
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let element = prop_oneof![5 => Just("Resource"), 1 => Just("NotResource")];
    let one = (effect, element, prop::collection::vec(resource, 1..4)).prop_map(
        |(effect, element, resources)| {
            json!({"Effect": effect, "Action": ACTION, element: resources})
        },
    );
    let policy = prop::collection::vec(one, 1..4).prop_map(|all| read(&json!(all)));
    prop::collection::vec(policy, 1..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn answers_for_many_resources_are_those_for_each(
        policies in strategy(),
        names in prop::collection::btree_set("[ab]{1,3}", 1..10),
    ) {
        let (limit, own) = policies.split_last().unwrap();
        let arns: Vec<String> = names.iter().map(|name| format!("arn:p:s:r:n:{name}")).collect();
        let sorted: Vec<&str> = arns.iter().map(String::as_str).collect();
        for clauses in [of(&policies, None), of(own, Some(limit))] {
            let each = sorted.iter().enumerate().map(|(at, arn)| (at, clauses.allow(arn)));
            let allowed: Vec<(usize, Truth)> =
                each.filter(|(_, allowed)| *allowed != Truth::No).collect();
            prop_assert_eq!(clauses.allow_among(&sorted), allowed.clone());
            if let Some(only) = clauses.only() {
                prop_assert!(allowed.iter().all(|(at, _)| only.contains(&sorted[*at])));
            }
            if clauses.is_empty() {
                prop_assert!(allowed.is_empty());
            }
            if clauses.are_decided() {
                prop_assert!(allowed.iter().all(|(_, allowed)| *allowed == Truth::Yes));
            }
            if let Some(example) = clauses.example() {
                prop_assert_ne!(clauses.allow(&example), Truth::No);
            }
            for arn in &sorted {
                prop_assert!(!clauses.deny(arn) || clauses.allow(arn) == Truth::No);
            }
        }
    }
}

const A: &str = "arn:p:s:r:n:a";
const B: &str = "arn:p:s:r:n:b";

#[test]
fn a_resource_without_wildcards_is_the_only_one() {
    let named = [read(&json!([statement("Allow", "Resource", &[A, B])]))];
    assert_eq!(of(&named, None).only(), Some(vec![A, B]));
    for open in [
        statement("Allow", "Resource", &[A, "arn:p:s:r:n:b*"]),
        statement("Allow", "NotResource", &[A]),
    ] {
        assert_eq!(of(&[read(&json!([open]))], None).only(), None);
    }
    // What something else grants is not named.
    let limits = Limits::<usize> { boundary: None, controls: Vec::new() };
    let by_others = limits.about(ACTION, &Context::new());
    assert_eq!(by_others.only(), None);
    assert_eq!(by_others.allow_among(&[A, B]), [(0, Truth::Yes), (1, Truth::Yes)]);
}

#[test]
fn an_example_is_allowed_by_all_policies() {
    let wild = statement("Allow", "Resource", &["arn:p:s:r:n:?a*"]);
    let example = |statements: &Value| of(&[read(statements)], None).example();
    assert_eq!(example(&json!([wild])).as_deref(), Some("arn:p:s:r:n:xax"));
    assert_eq!(example(&json!([wild, statement("Deny", "Resource", &["*"])])), None);
    assert_eq!(example(&json!([statement("Allow", "NotResource", &[A])])), None);
    let second = [statement("Allow", "Resource", &[A, B]), statement("Deny", "Resource", &[A])];
    assert_eq!(example(&json!(second)).as_deref(), Some(B));
}

#[test]
fn a_policy_has_the_effects_of_its_statements() {
    let [allow, deny] = ["Allow", "Deny"].map(|effect| statement(effect, "Resource", &[A]));
    for (statements, expected) in [
        (json!([allow]), [true, false]),
        (json!([deny]), [false, true]),
        (json!([allow, deny]), [true, true]),
    ] {
        assert_eq!([Effect::Allow, Effect::Deny].map(|it| read(&statements).has(it)), expected);
    }
}

#[test]
fn only_a_certain_denial_denies() {
    let mut open = statement("Deny", "Resource", &[B]);
    open["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let all = [statement("Allow", "Resource", &["*"]), statement("Deny", "Resource", &[A]), open];
    let policies = [read(&json!(all))];
    let clauses = of(&policies, None);
    assert_eq!([A, B].map(|arn| clauses.deny(arn)), [true, false]);
    assert_eq!([A, B].map(|arn| clauses.allow(arn)), [Truth::No, Truth::Unknown]);
    assert_eq!(clauses.without_denials().allow(A), Truth::Yes);
}

#[test]
fn questions_are_decided_if_no_condition_and_no_variable_is_open() {
    let plain = statement("Allow", "Resource", &["*"]);
    let mut condition = plain.clone();
    condition["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let variable = statement("Allow", "Resource", &["arn:p:s:r:n:${aws:PrincipalTag/x}"]);
    for (statements, decided) in
        [(json!([plain]), true), (json!([plain, condition]), false), (json!([variable]), false)]
    {
        assert_eq!(of(&[read(&statements)], None).are_decided(), decided, "{statements}");
    }
}

#[test]
fn policies_are_empty_if_one_kind_allows_nothing() {
    let allow = read(&json!([statement("Allow", "Resource", &["*"])]));
    let deny = read(&json!([statement("Deny", "Resource", &[A])]));
    let policies = [allow];
    assert!(!of(&policies, None).is_empty());
    assert!(of(&policies, Some(&deny)).is_empty());
    assert!(of(&[], None).is_empty());
}

/// The variable of `NotResource` may be this very resource.
#[test]
fn a_variable_in_not_resource_leaves_it_open() {
    let variable = "arn:p:s:r:n:${aws:PrincipalTag/x}";
    let allow = [read(&json!([statement("Allow", "NotResource", &[variable])]))];
    assert_eq!(of(&allow, None).allow(A), Truth::Unknown);
    let everything = statement("Allow", "Resource", &["*"]);
    let deny = [read(&json!([everything, statement("Deny", "NotResource", &[variable])]))];
    assert_eq!(of(&deny, None).allow(A), Truth::Unknown);
    let named = [read(&json!([statement("Allow", "NotResource", &[A, variable])]))];
    assert_eq!(of(&named, None).allow(A), Truth::No);
}

#[test]
fn a_replaced_policy_is_replaced_wherever_it_applies() {
    let [old, new] = ["Deny", "Allow"].map(|it| read(&json!([statement(it, "Resource", &[A])])));
    let mut grants = Grants {
        identity: vec![(1, &old), (2, &old)],
        limits: Limits { boundary: Some(vec![(1, &old)]), controls: vec![vec![(1, &old)]] },
    };
    grants.replace(1, &new);
    let is_new: Vec<(usize, bool)> =
        grants.policies().map(|(id, policy)| (id, std::ptr::eq(policy, &raw const new))).collect();
    assert_eq!(is_new, [(1, true), (2, false), (1, true), (1, true)]);
}

#[test]
fn a_condition_wants_only_the_value_of_another_key() {
    let wants = |operator: &str, values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let condition = Condition::parse(operator, "sts:RoleSessionName", &values, true).unwrap();
        condition.wants_only("aws:username")
    };
    let name = "${aws:username}";
    assert!(wants("StringEquals", &[name]));
    assert!(wants("StringLike", &[name]));
    for (operator, values) in [
        ("StringNotEquals", vec![name]),
        ("ForAllValues:StringEquals", vec![name]),
        ("ForAnyValue:StringEquals", vec![name]),
        ("StringEquals", vec![name, "else"]),
        ("StringEquals", vec!["${aws:userid}"]),
        ("StringEquals", vec!["alice"]),
        ("Null", vec!["true"]),
    ] {
        assert!(!wants(operator, &values), "{operator} {values:?}");
    }
}

/// A pattern is not the text that it is written with.
#[test]
fn conditions_with_patterns_or_sets_are_not_decided_by_their_texts() {
    let when = |effect: &str, operator: &str, value: &str| {
        json!({
            "Effect": effect, "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:RequestTag/k": value}},
        })
    };
    for (allows, denies) in [
        ("StringLike", "StringEquals"),
        ("ForAnyValue:StringEquals", "ForAnyValue:StringEquals"),
        ("ForAnyValue:StringEquals", "StringEquals"),
    ] {
        let all = [when("Allow", allows, "a?"), when("Deny", denies, "a?")];
        assert_eq!(of(&[read(&json!(all))], None).allow(A), Truth::Unknown, "{allows} {denies}");
    }
    // Whole texts do exclude each other.
    let all = [when("Allow", "StringEquals", "a"), when("Deny", "StringEquals", "a")];
    assert_eq!(of(&[read(&json!(all))], None).allow(A), Truth::No);
    // `true` stands for no text but itself.
    let all = [when("Allow", "StringEquals", "a"), when("Deny", "StringNotEquals", "b")];
    assert_eq!(of(&[read(&json!(all))], None).allow(A), Truth::No);
}
