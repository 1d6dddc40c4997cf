//! `policygen explain` as its users see it.

use std::fs;

use rule::Rule;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{file, text};
use crate::program::{fixture, policygen};

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

const DORA: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora@example.com";
const ERIN: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/erin@example.com";

/// A snapshot of the account with the role under this path.
fn account_with_role_under(path: &str) -> NamedTempFile {
    let name = "AWSReservedSSO_Approver_0123456789abcdef";
    let role = json!({
        "Path": path,
        "RoleName": name,
        "RoleId": "AROAEXAMPLE000000001",
        "Arn": format!("arn:aws:iam::111122223333:role{path}{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
    });
    file(
        &json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}),
    )
}

#[test]
fn a_role_that_only_a_glob_trusts_is_asked_about_and_both_answers_are_explained() {
    let arns = [
        DORA,
        ERIN,
        "arn:aws:iam::111122223333:user/asmith",
        "arn:aws:sts::111122223333:assumed-role/ChatBot/x",
    ];
    insta::assert_snapshot!("with-rule", printed("good", &arns));
    let rule = fixture("rule/good.json");
    let text = policygen(&[&["explain", "--rule", &rule], &arns[..]].concat());
    insta::assert_snapshot!("with-rule-in-words", text.stdout);

    let both = explain("good", &[DORA, ERIN]);
    assert_eq!(both["countAsTwo"], false);
    assert_eq!(both["ifReserved"]["countAsTwo"], true);
    let without = policygen(&["explain", DORA, ERIN]);
    assert!(without.stdout.ends_with("they would not count as two\n"), "{}", without.stdout);
}

#[test]
fn the_account_file_says_which_roles_stand_under_the_reserved_path() {
    for (path, two) in [
        ("/aws-reserved/sso.amazonaws.com/", true),
        ("/aws-reserved/sso.amazonaws.com/eu-west-1/", true),
        ("/", false),
        ("/team/", false),
    ] {
        let account = account_with_role_under(path);
        let explained = explain("good", &["--account-file", text(account.path()), DORA, ERIN]);
        assert_eq!(explained["countAsTwo"], two, "{path}");
        assert_eq!(explained["ifReserved"], Value::Null, "{path}");
        assert_eq!(explained["askedRoles"], json!([]), "{path}");
    }
}

#[test]
fn a_principal_of_another_account_than_the_pipelines_is_nobody() {
    let other = "arn:aws:iam::444455556666:user/bob";
    let persons = |arguments: &[&str]| -> Vec<String> {
        let explained = explain("good", arguments);
        let persons = explained["persons"].as_array().unwrap().iter();
        persons.map(|person| person["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(persons(&[ALICE, other]), ["handle:alice"]);
    assert_eq!(persons(&[other, ALICE]), ["handle:bob"]);
    assert_eq!(persons(&["--account", "444455556666", ALICE, other]), ["handle:bob"]);
    assert!(persons(&["--account", "777788889999", ALICE, other]).is_empty());

    // IAM knows only the roles of the same account.
    let dora_elsewhere = DORA.replace("111122223333", "444455556666");
    assert_eq!(explain("good", &[ALICE, &dora_elsewhere])["askedRoles"], json!([]));

    let ran = policygen(&["explain", ALICE, other]);
    assert!(
        ran.stdout
            .contains("is of account 444455556666, and this pipeline is of account 111122223333"),
        "{}",
        ran.stdout
    );
    assert_eq!(policygen(&["explain", "--account", "prod", ALICE]).code, 2);
}

#[test]
fn an_account_file_of_another_account_is_refused() {
    let account = account_with_role_under("/");
    let path = text(account.path());
    let ran = policygen(&["explain", "--account", "444455556666", "--account-file", path, ALICE]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("is of account 111122223333"), "{}", ran.stderr);
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
fn only_the_actions_that_a_rule_names_are_explained() {
    let rule = file(&json!({"actions": ["ApprovalA", "ApprovalB"]}));
    let rule = ["explain", "--rule", text(rule.path())];
    let ran = policygen(&[&rule[..], &["--format", "json", ALICE]].concat());
    let explained: Value = serde_json::from_str(&ran.stdout).unwrap();
    let actions = explained["principals"][0]["actions"].as_array().unwrap().iter();
    let actions: Vec<&str> = actions.map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["ApprovalA", "ApprovalB"]);
    let ran = policygen(&[&rule[..], &[ALICE]].concat());
    assert!(!ran.stdout.contains("but not"), "{}", ran.stdout);
}

/// One principal alone cannot be two, so there is nothing to say about that.
#[test]
fn one_principal_is_not_compared() {
    let ran = policygen(&["explain", ALICE]);
    assert!(
        ran.stdout.ends_with("1 person: handle:alice; the rule requires 2\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_rule_that_the_gate_refuses_is_refused_in_its_words() {
    for name in ["quorum-of-one", "unknown-key"] {
        let path = fixture(&format!("rule/{name}.json"));
        let words = Rule::floor(&fs::read_to_string(&path).unwrap()).unwrap_err();
        let ran = policygen(&["explain", "--rule", &path, ALICE]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_eq!(ran.stderr, format!("error: `{path}`: {words}\n"));
    }
}

#[test]
fn a_principal_of_two_people_is_refused_in_the_words_of_the_gate() {
    let path = fixture("rule/alice-twice.json");
    let ran = policygen(&["explain", "--rule", &path, ALICE]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("both `alice` and `alicia` match the principal"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_read_or_is_not_given_is_said() {
    let ran = policygen(&["explain", "--rule", "no-such-file", ALICE]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
    assert_eq!(policygen(&["explain"]).code, 2);
}
