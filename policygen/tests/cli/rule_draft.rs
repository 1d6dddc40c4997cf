//! `policygen rule` as its users see it.

use rule::{Account, Principal, Rule, Trust, persons};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{file, text};
use crate::program::{Ran, fixture, policygen, policygen_reading};

const SSO: &str = "AWSReservedSSO_Approver_0123456789abcdef";

/// A policy that allows this action on everything.
fn allowed(action: &str) -> Value {
    json!([{
        "PolicyName": "approve",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
        },
    }])
}

fn user(path: &str, name: &str, action: &str) -> Value {
    json!({
        "Path": path,
        "UserName": name,
        "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::111122223333:user{path}{name}"),
        "UserPolicyList": allowed(action),
    })
}

fn role(path: &str, name: &str, action: &str) -> Value {
    json!({
        "Path": path,
        "RoleName": name,
        "RoleId": format!("AROA{name}"),
        "Arn": format!("arn:aws:iam::111122223333:role{path}{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RolePolicyList": allowed(action),
    })
}

fn account(users: &[Value], roles: &[Value]) -> NamedTempFile {
    file(
        &json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}),
    )
}

const APPROVE: &str = "codepipeline:PutApprovalResult";

/// A human with two users, a human whose user has a path, a user who may not approve, a role of IAM
/// Identity Center, a role that only looks like one, and another role.
fn company() -> NamedTempFile {
    account(
        &[
            user("/", "alice", APPROVE),
            user("/", "Alice-admin", APPROVE),
            user("/team/", "Bob", APPROVE),
            user("/", "carol", "s3:GetObject"),
        ],
        &[
            role("/aws-reserved/sso.amazonaws.com/eu-west-1/", SSO, APPROVE),
            role("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Reader_1", "s3:GetObject"),
            role("/dev/", "AWSReservedSSO_Approver_fedcba9876543210", APPROVE),
            role("/", "Deployer", APPROVE),
        ],
    )
}

fn draft(account: &NamedTempFile, arguments: &[&str]) -> Ran {
    policygen(&[&["rule", "--account-file", text(account.path())], arguments].concat())
}

#[test]
fn a_rule_of_exact_names_and_what_is_left_to_check() {
    let arguments = [
        "--pipeline",
        "payments",
        "--stage",
        "Release",
        "--slot",
        "ApprovalA",
        "--slot",
        "ApprovalB",
    ];
    let ran = draft(&company(), &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("company", format!("{}----\n{}", ran.stdout, ran.stderr));
    let bare = draft(&company(), &[]);
    insta::assert_snapshot!("company-bare", format!("{}----\n{}", bare.stdout, bare.stderr));
}

#[test]
fn the_gate_takes_what_is_printed_and_counts_the_people_in_it() {
    let account = Account::new("111122223333");
    for arguments in [&[][..], &["--stage", "Release", "--slot", "A", "--slot", "B"]] {
        let ran = draft(&company(), arguments);
        let rule = Rule::floor(&ran.stdout).unwrap();
        assert!(rule.only_people());
        assert!(rule.splits().is_empty());
        assert_eq!(rule.trust(SSO, &account), Trust::Believed);
        for untrusted in
            ["Deployer", "AWSReservedSSO_Approver_fedcba9876543210", "AWSReservedSSO_Reader_1"]
        {
            assert_eq!(rule.trust(untrusted, &account), Trust::Untrusted, "{untrusted}");
        }
        let users = ["alice", "Alice-admin", "team/Bob"];
        let keys = users.map(|user| {
            let principal = Principal::parse(&format!("arn:aws:iam::111122223333:user/{user}"));
            rule.keys(&principal, &account).unwrap()
        });
        let names: Vec<String> =
            persons(&keys).iter().map(|person| person.name().to_string()).collect();
        assert_eq!(names, ["person:alice", "person:bob"]);
    }
}

#[test]
fn who_may_approve_in_another_pipeline_or_stage_or_action_is_not_in_the_rule() {
    let mut bob = user("/", "bob", APPROVE);
    let resource = &mut bob["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Resource"];
    *resource = json!("arn:aws:codepipeline:eu-west-1:111122223333:refunds/Sign/Second");
    let account = account(&[user("/", "alice", APPROVE), bob], &[]);
    for (arguments, there) in [
        (&["--slot", "First", "--slot", "Second"][..], true),
        (&["--action", "First", "--action", "Second"], true),
        (
            &["--pipeline", "refunds", "--stage", "Sign", "--slot", "First", "--slot", "Second"],
            true,
        ),
        (&["--pipeline", "payments", "--slot", "First", "--slot", "Second"], false),
        (&["--stage", "Release", "--slot", "First", "--slot", "Second"], false),
        (&["--region", "us-east-1", "--slot", "First", "--slot", "Second"], false),
        (&[], false),
    ] {
        let ran = draft(&account, arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let rule: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(rule["people"].get("bob").is_some(), there, "{arguments:?}");
        assert!(rule["people"].get("alice").is_some());
    }
}

#[test]
fn a_pattern_of_stages_narrows_the_search_and_is_not_written() {
    let ran = draft(&company(), &["--stage", "Rel*"]);
    let rule: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rule.get("stage"), None);
    assert!(ran.stderr.contains("`stage` and `actions` are left out"), "{}", ran.stderr);
}

#[test]
fn a_complete_rule_leaves_doctor_nothing_to_say() {
    let ran =
        draft(&company(), &["--stage", "Release", "--slot", "ApprovalA", "--slot", "ApprovalB"]);
    let rule = file(&serde_json::from_str::<Value>(&ran.stdout).unwrap());
    let doctor = policygen(&["doctor", "--rule", text(rule.path()), "--fail-on", "note"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
}

#[test]
fn only_what_is_there_is_left_to_check() {
    let account = account(&[user("/", "alice", APPROVE), user("/", "bob", APPROVE)], &[]);
    let ran = draft(&account, &["--stage", "Release", "--slot", "A", "--slot", "B"]);
    let notes: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(notes.len(), 1, "{}", ran.stderr);
    assert!(notes[0].starts_with("note: `people` has 2 entries"), "{}", ran.stderr);
}

/// Lambda's environment variables hold 4,096 bytes.
#[test]
fn a_rule_that_is_too_long_for_a_variable_belongs_in_a_layer() {
    let users: Vec<Value> = (0..47).map(|at| user("/", &format!("user{at:02}"), APPROVE)).collect();
    let account = account(&users, &[]);
    let draft = |stage: &str| draft(&account, &["--stage", stage, "--slot", "A", "--slot", "B"]);
    let room = 4096_usize.checked_sub(draft("S").stdout.len()).unwrap();
    assert!(room < 98, "{room}");
    for (further, is_too_long) in [(0, false), (room, false), (room + 1, true)] {
        let ran = draft(&"S".repeat(1 + further));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let words = "the rule is longer than Lambda's limit for environment variables";
        assert_eq!(ran.stderr.contains(words), is_too_long, "{further}: {}", ran.stderr);
    }
}

#[test]
fn nobody_who_may_approve_is_no_rule() {
    let account = account(&[user("/", "carol", "s3:GetObject")], &[]);
    let ran = draft(&account, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("nobody in this account may approve"), "{}", ran.stderr);
}

#[test]
fn what_the_gate_would_refuse_is_not_printed() {
    for (arguments, code, words) in [
        (&["--slot", "Alone"][..], 1, "`actions`: names 1, but `quorum` is 2"),
        (&["--slot", "Alone", "--slot", "Alone"], 1, "`actions`: names 1, but `quorum` is 2"),
        // The options have the same grammar as those of `audit`.
        (&["--slot", "A b", "--slot", "B"], 2, "`A b` is not the name of an action"),
        (&["--slot", "A=", "--slot", "B"], 2, "`A=`"),
        (&["--slot", "A=Nobody", "--slot", "B"], 3, "no group `Nobody`"),
    ] {
        let ran = draft(&company(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn what_is_no_account_is_refused() {
    let ran = policygen(&["rule", "--account-file", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
    let ran = policygen_reading("{}", &["rule", "--account-file", "-"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(policygen(&["rule"]).code, 2);
    let sound = policygen(&["rule", "--account-file", &fixture("audit/sound.json")]);
    assert_eq!(sound.code, 0, "{}", sound.stderr);
}
