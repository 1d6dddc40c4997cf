//! `policygen rule check` as its users see it.

use serde_json::{Value, json};

use crate::checker::{file, text};
use crate::program::{Ran, fixture, policygen, policygen_reading};

fn old() -> Value {
    json!({"quorum": 3, "notPeople": ["deploy-bot"], "roster": {"A": ["alice", "bob"], "B": ["carol"]}})
}

/// `bob` may serve both actions, the machine is a person again, and approvals get too old.
fn looser() -> Value {
    json!({
        "quorum": 3, "maxAgeMinutes": 30, "roster": {"A": ["alice", "bob"], "B": ["bob", "carol"]},
    })
}

fn stricter() -> Value {
    json!({"quorum": 4, "notPeople": ["deploy-bot"], "roster": {"A": ["alice"], "B": ["carol"]}})
}

fn check(old: &Value, new: &Value, arguments: &[&str]) -> Ran {
    let (old, new) = (file(old), file(new));
    let mut ran =
        policygen(&[&["rule", "check", text(old.path()), text(new.path())], arguments].concat());
    ran.stdout = ran.stdout.replace(text(new.path()), "NEW");
    ran
}

#[test]
fn what_loosens_comes_first_and_fails() {
    let ran = check(&old(), &looser(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn what_only_tightens_passes() {
    let ran = check(&old(), &stricter(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn a_rule_that_is_only_written_differently_means_the_same() {
    let written_differently = json!({
        "handleAffixes": ["-adm", "adm-", "admin-", "-admin"], "sharedRoles": "reject",
        "roster": {"B": ["Carol"], "A": ["bob", "alice"]}, "notPeople": ["deploy-bot"], "quorum": 3,
    });
    let ran = check(&old(), &written_differently, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Both rules mean the same.\n"));
    let ran = check(&old(), &written_differently, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["answer"]["answer"], "same");
    assert_ne!(report["old"]["digest"], report["new"]["digest"]);
}

#[test]
fn programs_and_github_get_the_same_changes() {
    let ran = check(&old(), &looser(), &["--format", "json"]);
    assert_eq!(ran.code, 10);
    insta::assert_snapshot!("changes-json", ran.stdout);
    let ran = check(&old(), &looser(), &["--format", "github"]);
    assert_eq!(ran.code, 10);
    insta::assert_snapshot!("changes-github", ran.stdout);
}

#[test]
fn either_rule_may_come_from_standard_input_but_not_both() {
    let (old, new) = (file(&old()), file(&looser()));
    let piped = |rule: &Value, arguments: &[&str]| policygen_reading(&rule.to_string(), arguments);
    let ran = piped(&looser(), &["rule", "check", text(old.path()), "-"]);
    assert_eq!(ran.code, 10, "{}", ran.stderr);
    let ran = piped(&looser(), &["rule", "check", "-", text(new.path())]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Both rules mean the same.\n"));
    let ran = policygen(&["rule", "check", "-", "-"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("only one of the two rules"), "{}", ran.stderr);
}

#[test]
fn a_rule_that_the_gate_refuses_is_an_error_that_names_the_key() {
    let good = fixture("rule/good.json");
    for (bad, problem) in [
        ("rule/quorum-of-one.json", "`quorum`: 1 would let one person release alone"),
        ("rule/unknown-key.json", "unknown field `quorom`"),
        ("rule/missing.json", "cannot be read"),
    ] {
        let bad = fixture(bad);
        for arguments in [[&good, &bad], [&bad, &good]] {
            let ran = policygen(&["rule", "check", arguments[0], arguments[1]]);
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{bad}");
            assert!(ran.stderr.contains(problem) && ran.stderr.contains(&bad), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_draft_and_a_check_are_two_commands() {
    for arguments in [&["rule"][..], &["rule", "check"], &["rule", "check", "old.json"]] {
        assert_eq!(policygen(arguments).code, 2, "{arguments:?}");
    }
    let ran = policygen(&["rule", "--account-file", "a.json", "check", "old.json", "new.json"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
