//! Many findings of one cause, as people and programs read them.

use serde_json::{Value, json};

use crate::audit::{audit, patched};
use crate::checker::{file, text};
use crate::program::{command, ran};

/// More users than JSON lists one by one, all in the groups of both slots.
const MEMBERS: usize = 150;

fn arn(number: usize) -> String {
    format!("arn:aws:iam::111122223333:user/both-{number:03}")
}

fn many() -> Value {
    let user = |number: usize| {
        json!({
            "op": "add", "path": "/UserDetailList/-", "value": {
                "UserName": format!("both-{number:03}"), "UserId": format!("AIDABOTH{number:03}"),
                "Arn": arn(number), "Path": "/",
                "GroupList": ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"],
                "AttachedManagedPolicies": [], "UserPolicyList": [],
            }
        })
    };
    patched((0..MEMBERS).map(user).collect())
}

fn report(arguments: &[&str]) -> Value {
    let ran = audit(&many(), &[&["--format", "json"], arguments].concat());
    assert_eq!(ran.code, 10, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The entry about the members.
fn members(findings: &Value) -> &Value {
    let mut of_code = findings.as_array().unwrap().iter();
    let found = of_code.find(|it| it["code"] == "member-of-both-groups").unwrap();
    assert!(!of_code.any(|it| it["code"] == "member-of-both-groups"), "one cause, one entry");
    found
}

#[test]
fn one_cause_is_one_entry_that_names_every_subject() {
    let report = report(&[]);
    let found = members(&report["findings"]);
    let all: Vec<String> = (0..MEMBERS).map(arn).collect();
    assert_eq!(found["subjects"], json!({"count": MEMBERS, "arns": all}));
    assert_eq!(found["subject"]["arn"], json!(arn(0)));
    assert_eq!(found["evidence"][0]["name"], json!(arn(0)), "the chain of the first");
    assert_eq!(report["summary"]["errors"], MEMBERS, "each of them is counted");

    let sarif = audit(&many(), &["--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of_code = |it: &&Value| it["ruleId"] == "member-of-both-groups";
    let found: Vec<&Value> = results.iter().filter(of_code).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["occurrenceCount"], MEMBERS);
    assert_eq!(found[0]["properties"]["subjects"], json!(all));
}

#[test]
fn a_subject_of_a_cause_is_accepted_alone() {
    let accept = file(&json!([{
        "code": "member-of-both-groups", "subject": arn(0), "reason": "R-1",
        "expires": "2999-12-31",
    }]));
    let report = report(&["--accept", text(accept.path())]);
    let found = members(&report["findings"]);
    assert_eq!(found["subjects"]["count"], MEMBERS - 1);
    assert_eq!(found["subject"]["arn"], json!(arn(1)));
    assert_eq!(report["accepted"][0]["finding"]["subject"]["arn"], json!(arn(0)));
    assert_eq!(report["summary"]["accepted"], 1);
    // Accepted or not, they are members.
    let sentence = report["answer"]["sentence"].as_str().unwrap();
    assert!(sentence.contains(&format!("{MEMBERS} users")), "{sentence}");
}

#[test]
fn people_read_a_cause_once_between_two_answers() {
    for columns in ["80", "40", "132"] {
        let account = file(&many());
        let mut command = command();
        command.env("COLUMNS", columns).args(["audit", "--account-file"]).arg(account.path());
        let ran = ran(&command.output().unwrap());
        let width: usize = columns.parse().unwrap();
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= width, "{columns}: {line}");
        }
        let lines = ran.stdout.lines().count();
        assert!(lines < 120, "{lines} lines");
        let text = ran.stdout.replace("\n  ", " ").replace('\n', " ");
        let text: Vec<&str> = text.split_whitespace().collect();
        let text = text.join(" ");
        let answer = "Nobody can approve both ApprovalA and ApprovalB, but 150 users (both-000, \
                      both-001, both-002 and 147 more) are in the groups of both.";
        assert!(text.starts_with(answer) && text.ends_with(answer), "{}", ran.stdout);
        assert_eq!(text.matches("error[member-of-both-groups]: ").count(), 1);
        let subjects = "subjects: 150: both-000, both-001, both-002 and 147 more; -v names all";
        assert!(text.contains(subjects), "{}", ran.stdout);
    }
}

#[test]
fn verbose_names_everybody() {
    let ran = audit(&many(), &["-v"]);
    for number in 0..MEMBERS {
        assert!(ran.stdout.contains(&format!("    {}\n", arn(number))), "{number}");
    }
}

#[test]
fn the_statement_that_allows_it_is_shown() {
    let statement = json!({"Sid": "Much", "Effect": "Allow", "Action": "CodePipeline:Put*",
                           "Resource": "*"});
    let account = patched(
        json!([{"op": "add", "path": "/UserDetailList/6/UserPolicyList", "value": [{
            "PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement},
        }]}]),
    );
    let ran = audit(&account, &[]);
    let shown = "  → policy Own: inline policy\n  → statement Much: allows \
                 codepipeline:PutApprovalResult\n      {\"Sid\": \"Much\", \"Effect\": \"Allow\", \
                 \"Action\": \"CodePipeline:Put*\", \"Resource\": \"*\"}\n";
    assert!(ran.stdout.contains(shown), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("1 user (grace) can approve both"), "{}", ran.stdout);
}

#[test]
fn roles_whose_members_are_elsewhere_are_named() {
    let provider = "arn:aws:iam::111122223333:saml-provider/corp";
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithSAML",
    }]});
    let allow = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "codepipeline:PutApprovalResult",
        "Resource": "arn:aws:codepipeline:*:*:*/*/ApprovalA",
    }]});
    let role = "arn:aws:iam::111122223333:role/FederatedA";
    let account = patched(json!([{"op": "add", "path": "/RoleDetailList/-", "value": {
        "RoleName": "FederatedA", "RoleId": "AROAFEDERATEDA", "Arn": role, "Path": "/",
        "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [], "Tags": [],
        "RolePolicyList": [{"PolicyName": "Own", "PolicyDocument": allow}],
    }}]));
    let ran = audit(&account, &[]);
    let said =
        "The members of FederatedA are not in this account: the SAML provider `corp` decides.\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let ran = audit(&account, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let place = "the SAML provider `corp`";
    assert_eq!(report["elsewhere"], json!([{"role": {"arn": role}, "place": place}]));
}
