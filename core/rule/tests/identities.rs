//! The table "who is the same human", row by row.

#![cfg(test)]

use rule::{Account, Key, Keys, Principal, Rule, persons};

const RULE: &str = r#"{
    "trustedSessionRoles": ["AWSReservedSSO_*"],
    "people": {"asmith": ["arn:aws:iam::*:user/eng/Alice", "arn:aws:sts::*:assumed-role/*/asmith@example.com", "arn:aws:iam::*:role/AliceAdmin"]}
}"#;

const ACCOUNT: &str = "111122223333";

/// The account. IAM Identity Center created one of its roles.
fn account() -> Account {
    Account::new(ACCOUNT).with_role(&format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_X_0123"
    ))
}

fn keys(arn: &str) -> Keys {
    Rule::floor(RULE).unwrap().keys(&Principal::parse(arn), &account()).unwrap()
}

fn columns(arn: &str) -> (Vec<String>, Vec<String>) {
    let keys = keys(arn);
    let text = |keys: &std::collections::BTreeSet<Key>| keys.iter().map(Key::to_string).collect();
    (text(keys.proven()), text(keys.claimed()))
}

fn count(arns: &[&str]) -> usize {
    let keys: Vec<Keys> = arns.iter().map(|arn| keys(arn)).collect();
    persons(&keys).len()
}

#[test]
fn keys_row_by_row() {
    let rows: [(&str, &[&str], &[&str]); 16] = [
        ("arn:aws:iam::111122223333:user/Bob", &["handle:bob", "user:111122223333/bob"], &[]),
        (
            "arn:aws:iam::111122223333:user/eng/alice",
            &["person:asmith", "handle:alice", "handle:asmith", "user:111122223333/alice"],
            &[],
        ),
        ("arn:aws:iam::444455556666:user/Bob", &[], &[]),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_LookAlike_0123/bob@example.com",
            &["role:111122223333/awsreservedsso_lookalike_0123"],
            &["handle:bob"],
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/i-0123456789abcdef0",
            &[],
            &[],
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/Bob@example.com",
            &["handle:bob"],
            &[],
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/asmith@example.com",
            &["person:asmith", "handle:asmith"],
            &[],
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deployer/whatever",
            &["role:111122223333/deployer"],
            &["handle:whatever"],
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deployer/asmith@example.com",
            &["role:111122223333/deployer"],
            &["person:asmith", "handle:asmith"],
        ),
        ("arn:aws:iam::111122223333:role/path/Deployer", &["role:111122223333/deployer"], &[]),
        ("arn:aws:iam::111122223333:role/AWSReservedSSO_X_0123", &[], &[]),
        (
            "arn:aws:iam::111122223333:role/AliceAdmin",
            &["role:111122223333/aliceadmin"],
            &["person:asmith", "handle:asmith"],
        ),
        ("arn:aws:iam::111122223333:root", &[], &[]),
        ("arn:aws:sts::111122223333:federated-user/bob", &[], &[]),
        ("codepipeline.amazonaws.com", &[], &[]),
        ("bob", &[], &[]),
    ];
    for (arn, proven, claimed) in rows {
        let (got_proven, got_claimed) = columns(arn);
        assert_eq!(
            (got_proven, got_claimed),
            (
                proven.iter().map(ToString::to_string).collect(),
                claimed.iter().map(ToString::to_string).collect()
            ),
            "{arn}"
        );
    }
}

#[test]
fn a_name_that_is_all_domain_has_no_handle() {
    assert_eq!(
        columns("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/@example.com").0,
        Vec::<String>::new()
    );
    assert_eq!(
        columns("arn:aws:iam::111122223333:user/@example.com").0,
        ["user:111122223333/@example.com"]
    );
}

#[test]
fn one_human_by_every_disguise() {
    for (a, b) in [
        ("arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/team/BOB"),
        ("arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/adm-bob"),
        (
            "arn:aws:iam::111122223333:user/bob",
            "arn:aws:sts::111122223333:assumed-role/Deployer/bob",
        ),
        (
            "arn:aws:iam::111122223333:user/bob",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/bob@example.com",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deployer/one",
            "arn:aws:sts::111122223333:assumed-role/Deployer/two",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deployer/one",
            "arn:aws:iam::111122223333:role/Deployer",
        ),
        (
            "arn:aws:iam::111122223333:user/eng/alice",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/asmith@example.com",
        ),
    ] {
        assert_eq!(count(&[a, b]), 1, "{a} and {b}");
    }
}

#[test]
fn two_humans_count_as_two() {
    for (a, b) in [
        ("arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/carol"),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/bob@example.com",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/carol@example.com",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deployer/x",
            "arn:aws:sts::111122223333:assumed-role/Builder/y",
        ),
    ] {
        assert_eq!(count(&[a, b]), 2, "{a} and {b}");
    }
}

#[test]
fn sharing_is_transitive() {
    let bob = "arn:aws:iam::111122223333:user/bob";
    let through_role = "arn:aws:sts::111122223333:assumed-role/Deployer/bob";
    let same_role = "arn:aws:sts::111122223333:assumed-role/Deployer/other";
    assert_eq!(count(&[bob, same_role]), 2);
    assert_eq!(count(&[bob, same_role, through_role]), 1);
}

#[test]
fn two_humans_of_one_handle_need_both_their_names_in_the_map() {
    let a = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/alice@a.example";
    let b = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123/alice@b.example";
    let claimed = "arn:aws:sts::111122223333:assumed-role/Deployer/alice@b.example";
    let count = |people: &str, arns: &[&str]| {
        let rule = Rule::floor(&format!(
            r#"{{"trustedSessionRoles": ["AWSReservedSSO_*"], "people": {people}}}"#
        ))
        .unwrap();
        let keys: Vec<Keys> =
            arns.iter().map(|arn| rule.keys(&Principal::parse(arn), &account()).unwrap()).collect();
        persons(&keys).len()
    };
    let one = r#"{"alice-a": ["arn:aws:sts::*:assumed-role/*/alice@a.example"]}"#;
    let both = r#"{"alice-a": ["arn:aws:sts::*:assumed-role/*/alice@a.example"], "alice-b": ["arn:aws:sts::*:assumed-role/*/alice@b.example"]}"#;
    assert_eq!(count("{}", &[a, b]), 1);
    assert_eq!(count(one, &[a, b]), 1);
    assert_eq!(count(both, &[a, b]), 2);
    // A claimed entry of the map does not distinguish anybody.
    assert_eq!(count(both, &[a, claimed]), 1);
    assert_eq!(count(both, &[a, b, claimed]), 1);
}

#[test]
fn a_claimed_key_never_names_a_person() {
    let people =
        persons(&[keys("arn:aws:sts::111122223333:assumed-role/Deployer/asmith@example.com")]);
    assert_eq!(people[0].name().to_string(), "role:111122223333/deployer");
}

#[test]
fn what_a_trail_shows_joins_people_and_never_names_or_distinguishes_them() {
    let (asmith, bob) = (
        keys("arn:aws:iam::111122223333:user/eng/alice"),
        keys("arn:aws:iam::111122223333:user/Bob"),
    );
    let traced = |keys: &Keys, human: &str| keys.also_claiming([Key::Traced(human.to_owned())]);
    assert_eq!(persons(&[traced(&asmith, "x"), traced(&bob, "y")]).len(), 2);
    let joined = persons(&[traced(&asmith, "x"), traced(&bob, "x")]);
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0].name().to_string(), "person:asmith");
    let through = traced(&keys("arn:aws:sts::111122223333:assumed-role/Deployer/carol"), "x");
    assert_eq!(
        persons(std::slice::from_ref(&through))[0].name().to_string(),
        "role:111122223333/deployer"
    );
    assert_eq!(persons(&[through, bob]).len(), 2);
    assert_eq!(persons(&[traced(&keys("bob"), "x")]), []);
    // A proven key stays proven.
    let handle = Key::Handle("bob".to_owned());
    let again = keys("arn:aws:iam::111122223333:user/Bob").also_claiming([handle.clone()]);
    assert!(again.proven().contains(&handle) && again.claimed().is_empty());
}
