//! `policygen explain` as its users see it.

use std::fs;

use crate::program::{fixture, policygen};
use rule::Rule;
use serde_json::Value;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/team/Bob";
const CAROL: &str = "arn:aws:iam::111122223333:user/carol";

fn printed(rule: &str, arns: &[&str]) -> String {
    let rule = fixture(&format!("rule/{rule}.json"));
    let ran = policygen(&[&["explain", "--format", "json", "--rule", &rule], arns].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn explain(rule: &str, arns: &[&str]) -> Value {
    serde_json::from_str(&printed(rule, arns)).unwrap()
}

#[test]
fn every_kind_of_principal_is_explained() {
    let ran = policygen(&[
        "explain",
        ALICE,
        BOB,
        "arn:aws:sts::111122223333:assumed-role/Deployer/alice",
        "arn:aws:sts::111122223333:assumed-role/Deployer/carol@example.com",
        "arn:aws:iam::111122223333:role/Deployer",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/alice",
        "codepipeline.amazonaws.com",
        "alice\u{1b}[31m",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("every-kind", ran.stdout);
}

#[test]
fn the_rule_decides_who_counts() {
    let sso =
        |name: &str| format!("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/{name}");
    let (dora, erin) = (sso("dora@example.com"), sso("erin@example.com"));
    let arns = [
        &dora,
        &erin,
        "arn:aws:iam::111122223333:user/asmith",
        "arn:aws:sts::111122223333:assumed-role/ChatBot/x",
    ];
    let with_rule = printed("good", &arns);
    insta::assert_snapshot!("with-rule", with_rule);
    assert_eq!(explain("good", &arns)["countAsTwo"], true);

    let without = policygen(&["explain", &dora, &erin]);
    assert!(
        without.stdout.ends_with("they would not count as two\n"),
        "{}",
        without.stdout
    );
}

#[test]
fn two_people_of_one_roster_are_two_persons_and_do_not_count_as_two() {
    let both_in_a = explain("roster", &[ALICE, BOB]);
    assert_eq!(both_in_a["persons"].as_array().unwrap().len(), 2);
    assert_eq!(both_in_a["countAsTwo"], false);
    assert_eq!(explain("roster", &[ALICE, CAROL])["countAsTwo"], true);
    assert_eq!(explain("roster", &[ALICE, ALICE])["countAsTwo"], false);
}

#[test]
fn a_rule_that_the_gate_refuses_is_refused_in_its_words() {
    for name in ["quorum-of-one", "unknown-key"] {
        let path = fixture(&format!("rule/{name}.json"));
        let words = Rule::floor(&fs::read_to_string(&path).unwrap()).unwrap_err();
        let ran = policygen(&["explain", "--rule", &path, ALICE]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_eq!(ran.stderr, format!("error: {path}: {words}\n"));
    }
}

#[test]
fn a_principal_of_two_people_is_refused_in_the_words_of_the_gate() {
    let path = fixture("rule/alice-twice.json");
    let ran = policygen(&["explain", "--rule", &path, ALICE]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("both `alice` and `alicia` match the principal"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_read_or_is_not_given_is_said() {
    let ran = policygen(&["explain", "--rule", "no-such-file", ALICE]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
    assert_eq!(policygen(&["explain"]).code, 2);
}
