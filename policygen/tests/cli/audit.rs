//! `policygen audit` as its users see it. Every defect is `fixtures/audit/sound.json` with one
//! change (a JSON Patch), in a file named after the finding that it must give.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{AUDIT, days_from_now, file, file_of, found, found_codes, text, versionless};
use crate::program::{Ran, fixture, generate, policygen};

pub(crate) fn sound() -> Value {
    AUDIT.sound()
}

pub(crate) fn patched(patch: Value) -> Value {
    AUDIT.patched(&serde_json::from_value(patch).unwrap())
}

/// Much is wrong in it.
pub(crate) fn several() -> Value {
    let patch = fs::read_to_string(fixture("audit/several.json")).unwrap();
    patched(serde_json::from_str(&patch).unwrap())
}

/// Runs `audit` on this account with further arguments.
pub(crate) fn audit(account: &Value, arguments: &[&str]) -> Ran {
    AUDIT.run(account, arguments)
}

/// The codes that are found about a subject that ends so.
pub(crate) fn codes(account: &Value, subject: &str, arguments: &[&str]) -> Vec<String> {
    let (_, report) = AUDIT.examine(account, arguments);
    let found = found(&report).into_iter();
    found.filter(|finding| finding.subject.ends_with(subject)).map(|finding| finding.code).collect()
}

/// An inline policy of Grace, who has nothing to do with approvals.
fn of_grace(statements: Value) -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    patched(json!([{
        "op": "add",
        "path": "/UserDetailList/6/UserPolicyList",
        "value": [{"PolicyName": "Own", "PolicyDocument": document}],
    }]))
}

/// Grace may approve these.
fn approves(resources: Value) -> Value {
    of_grace(
        json!([{"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": resources}]),
    )
}

pub(crate) const GRACE: &str = "user/grace";

#[test]
fn each_defect_gives_its_finding_and_no_other() {
    AUDIT.assert_defects_are_found();
}

#[test]
fn what_is_sound_gives_nothing() {
    let (ran, report) = AUDIT.examine(&sound(), &["--fail-on", "note"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(report["findings"], json!([]));
    assert_eq!(
        report["checked"],
        "7 users, 3 groups, 1 role and 4 policies of account 111122223333"
    );
    AUDIT.assert_sound_cases_pass();
}

#[test]
fn every_defect_in_words() {
    insta::assert_snapshot!("audit-defects", AUDIT.defects_in_words());
}

#[test]
fn the_sound_account_has_the_policies_that_generate_writes() {
    let ran = generate(&["--require-mfa", "--format", "json"]);
    let written: Value = serde_json::from_str(&ran.stdout).unwrap();
    for (policy, name) in [(1, "TwoPersonRule-ApprovalA"), (2, "TwoPersonRule-ApprovalB")] {
        let kept = &sound()["Policies"][policy];
        assert_eq!(kept["PolicyName"], name);
        assert_eq!(
            kept["PolicyVersionList"][0]["Document"],
            written[format!("{name}.policy.json")]
        );
    }
}

#[test]
fn every_format() {
    let accept = fixture("audit/accept/several.json");
    for format in ["human", "json", "sarif", "csv"] {
        let ran = audit(&several(), &["--accept", &accept, "--format", format]);
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        assert_eq!(
            ran.stderr,
            "note: `no-valid-pair` of `arn:aws:codepipeline:*:111122223333:*/*/ApprovalA` is accepted and was not found; \
             remove it from the accept file if it is settled\n"
        );
        insta::assert_snapshot!(format!("audit-several.{format}"), versionless(&ran.stdout));
    }
}

#[test]
fn the_same_account_gives_the_same_report_in_whatever_order_it_is_listed() {
    let mut turned = several();
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        turned[list].as_array_mut().unwrap().reverse();
    }
    for format in ["json", "sarif"] {
        let report = audit(&several(), &["--format", format]).stdout;
        assert_eq!(found_in(&report), found_in(&audit(&turned, &["--format", format]).stdout));
        assert_eq!(report, audit(&several(), &["--format", format]).stdout);
    }
}

/// The lines of a report: the evidence about several users or roles may be listed in the order of
/// the account.
fn found_in(report: &str) -> BTreeSet<&str> {
    report.lines().map(|line| line.trim().trim_end_matches(',')).collect()
}

#[test]
fn a_group_that_is_not_there_is_not_clean() {
    let ran = audit(&sound(), &["--slot", "ApprovalA=Approvers", "--slot", "ApprovalB"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("no group `Approvers`"), "{}", ran.stderr);
}

#[test]
fn slots_are_two_at_least_each_another_action_and_another_group() {
    let few = "give at least two different slots";
    let group = "the group `developers` cannot serve two slots";
    for (slots, problem) in [
        (&["ApprovalA"][..], few),
        (&["ApprovalA", "ApprovalA"], few),
        (&["ApprovalA", "ApprovalA=Developers"], few),
        (&["ApprovalA", "ApprovalB", "ApprovalA"], few),
        (&["ApprovalA=Developers", "ApprovalB=developers"], group),
    ] {
        let arguments: Vec<&str> = slots.iter().flat_map(|slot| ["--slot", slot]).collect();
        let ran = audit(&sound(), &arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{slots:?}");
        assert!(ran.stderr.contains(problem), "{}", ran.stderr);
    }
}

#[test]
fn what_is_no_name_or_pattern_is_a_usage_error() {
    for (option, values) in [
        ("--slot", &["", "Approval A", "Approval*", "ApprovalA=", "a/b"][..]),
        ("--region", &["", "EU-WEST-1", "eu west"]),
        (
            "--pipeline",
            &[
                "",
                "payments/Release",
                "a b",
                "arn:aws:codepipeline:eu-west-1:111122223333:payments",
            ],
        ),
        ("--stage", &["", "Release/ApprovalA", "${aws:username}"]),
        ("--gate-function", &["", "gate*", "arn:aws:iam::111122223333:role/gate"]),
        ("--format", &["xml"]),
    ] {
        for value in values {
            let ran = audit(&sound(), &[&format!("{option}={value}")]);
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option} `{value}`");
        }
    }
}

#[test]
fn a_scope_narrows_what_is_asked() {
    let elsewhere = approves(json!([
        "arn:aws:codepipeline:us-east-?:*:refunds/Release/ApprovalA",
        "arn:aws:codepipeline:us-*:*:re*/*/ApprovalB"
    ]));
    let finds = |arguments: &[&str]| {
        codes(&elsewhere, GRACE, arguments).contains(&"can-approve-both".to_owned())
    };
    assert!(finds(&[]));
    for (option, within, without) in [
        (
            "--region",
            ["us-east-1", "us-*", "??-east-*", "*"],
            ["us-west-1", "eu-*", "us-east", "us-?-1"],
        ),
        ("--pipeline", ["refunds", "re*", "*s", "*"], ["payments", "refund", "x*", "Refunds"]),
        ("--stage", ["Release", "Rel*", "?elease", "*"], ["Sign", "R", "release", "Rel?"]),
    ] {
        for pattern in within {
            assert!(finds(&[option, pattern]), "{option} {pattern}");
        }
        for pattern in without {
            assert!(!finds(&[option, pattern]), "{option} {pattern}");
        }
    }
    let (_, report) =
        AUDIT.examine(&elsewhere, &["--region", "*-1", "--pipeline", "*unds", "--stage", "R*"]);
    let of_grace = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "can-approve-both");
    assert_eq!(
        of_grace.unwrap()["witness"],
        "arn:aws:codepipeline:us-east-1:111122223333:refunds/Release/ApprovalB"
    );
    // The groups serve another pipeline than the one that is asked about.
    assert_eq!(
        codes(&sound(), "refunds/*/ApprovalB", &["--pipeline", "refunds"]),
        ["slot-without-approver"]
    );
}

/// The region of a request is that of the pipeline.
#[test]
fn a_region_decides_conditions() {
    let account = of_grace(json!([{
        "Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    }]));
    let both = ["approver-without-mfa", "can-approve-both"];
    assert_eq!(codes(&account, GRACE, &[]), both);
    assert_eq!(codes(&account, GRACE, &["--region", "us-*"]), both);
    assert_eq!(codes(&account, GRACE, &["--region", "us-east-1"]), both);
    assert_eq!(codes(&account, GRACE, &["--region", "eu-west-1"]), [""; 0]);
    let (_, report) = AUDIT.examine(&account, &[]);
    let mut witnesses = report["findings"].as_array().unwrap().iter();
    let found = witnesses.find(|finding| finding["code"] == "can-approve-both").unwrap();
    let witness = found["witness"].as_str().unwrap();
    assert!(witness.starts_with("arn:aws:codepipeline:us-east-1:"), "{witness}");
}

fn level(policies: Value) -> NamedTempFile {
    file(&policies)
}

fn full_access() -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
}

fn denying(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": action, "Resource": resource}})
}

#[test]
fn service_control_policies_limit_level_by_level() {
    let account = approves(json!("*"));
    let asked = |levels: &[&NamedTempFile]| {
        let arguments: Vec<&str> =
            levels.iter().flat_map(|level| ["--scp", text(level.path())]).collect();
        codes(&account, GRACE, &arguments)
    };
    let everything = level(full_access());
    let both = ["approver-without-mfa", "can-approve-both"];
    assert_eq!(asked(&[]), both);
    assert_eq!(asked(&[&everything]), both);
    assert_eq!(asked(&[&everything, &everything]), both);

    let b = "arn:aws:codepipeline:*:*:*/*/ApprovalB";
    let without_b = level(json!([full_access(), denying("codepipeline:PutApprovalResult", b)]));
    assert_eq!(asked(&[&without_b]), ["approver-without-mfa"]);
    assert_eq!(asked(&[&everything, &without_b]), ["approver-without-mfa"]);
    assert_eq!(asked(&[&without_b, &everything]), ["approver-without-mfa"]);

    // One level of denials only allows nothing, and every level has to allow.
    let denials = level(denying("codepipeline:PutApprovalResult", b));
    let nothing = ["slot-without-approver", "slot-without-approver"];
    let subjects = |levels: &[&NamedTempFile]| {
        let arguments: Vec<&str> =
            levels.iter().flat_map(|level| ["--scp", text(level.path())]).collect();
        let (_, report) = AUDIT.examine(&account, &arguments);
        found_codes(&report)
    };
    assert_eq!(subjects(&[&denials]), nothing);
    assert_eq!(subjects(&[&everything, &denials]), nothing);
    assert_eq!(subjects(&[&level(json!([]))]), nothing);
}

#[test]
fn a_service_control_policy_bars_the_roads_too() {
    let case = AUDIT.case("defects", "can-approve-both-through-role");
    let alice = "user/alice";
    assert_eq!(codes(&case.input, alice, &[]), [case.findings[0].code.as_str()]);
    let scp =
        level(json!([full_access(), denying("sts:AssumeRole", "arn:aws:iam::*:role/Release*")]));
    assert_eq!(codes(&case.input, alice, &["--scp", text(scp.path())]), [""; 0]);
}

#[test]
fn what_is_no_service_control_policy_is_a_finding_and_what_is_no_json_is_refused() {
    for (content, words) in [
        (json!("policy"), "not an IAM policy: invalid type: string \"policy\", expected an object"),
        (json!({}), "service control policy 1"),
        (json!([full_access(), null]), "service control policy 2"),
        (
            json!([full_access(), {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}]),
            "service control policy 2",
        ),
    ] {
        let scp = level(content.clone());
        let ran = audit(&sound(), &["--scp", text(scp.path())]);
        assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{content}");
        // Long lines are wrapped.
        let said = ran.stdout.replace("\n  ", " ");
        assert!(said.contains("[not-decided]"), "{content}: {said}");
        assert!(said.contains(words), "{content}: {said}");
        assert!(said.contains(text(scp.path())), "{said}");
    }
    let broken = file_of("{");
    let ran = audit(&sound(), &["--scp", text(broken.path())]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("neither a policy nor a list of policies"), "{}", ran.stderr);
    let ran = audit(&sound(), &["--scp", "no-such-file"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}

/// The gate joins what the rule joins, and believes the session names that the rule believes.
#[test]
fn the_rule_says_who_is_one_human() {
    let few = patched(json!([
        {"op": "replace", "path": "/UserDetailList/2/GroupList", "value": []},
        {"op": "replace", "path": "/UserDetailList/3/GroupList", "value": []},
        {"op": "replace", "path": "/UserDetailList/4/GroupList", "value": []},
        {"op": "replace", "path": "/UserDetailList/5/GroupList", "value": []},
    ]));
    let asked = |people: Value| {
        let (_, report) = AUDIT.examine_under(&json!({"people": people}), &few, &[]);
        found_codes(&report)
    };
    let user = |name: &str| format!("arn:aws:iam::111122223333:user/{name}");
    assert_eq!(asked(json!({})), ["depends-on-one-person", "depends-on-one-person"]);
    assert_eq!(
        asked(json!({"alice": [user("alice"), user("bob")]})),
        ["no-valid-pair", "one-person-on-two-slots"]
    );
    // Carol approves nothing, so it is the same whether she is Alice.
    assert_eq!(
        asked(json!({"alice": [user("alice"), user("carol")]})),
        ["depends-on-one-person", "depends-on-one-person"]
    );
}

#[test]
fn the_rule_says_whose_session_names_count() {
    let account = AUDIT.case("defects", "shared-approver-role").input;
    let (_, report) = AUDIT.examine(&account, &[]);
    assert_eq!(found_codes(&report), ["shared-approver-role"]);
    let asked = |rule: Value| {
        let (_, report) = AUDIT.examine_under(&rule, &account, &[]);
        found_codes(&report)
    };
    assert_eq!(asked(json!({})), ["shared-approver-role"]);
    // Its trust policy does not pin them.
    assert_eq!(asked(json!({"trustedSessionRoles": ["ReleaseA"]})), ["session-name-not-pinned"]);
}

#[test]
fn a_rule_that_the_gate_would_refuse_is_refused_in_its_words() {
    let ran = audit(&sound(), &["--rule", &fixture("rule/quorum-of-one.json")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let explained = policygen(&[
        "explain",
        "--rule",
        &fixture("rule/quorum-of-one.json"),
        "arn:aws:iam::111122223333:user/alice",
    ]);
    assert_eq!(explained.code, 1);
    assert_eq!(ran.stderr, explained.stderr);
}

#[test]
fn what_is_accepted_ends_on_its_day() {
    let account = approves(json!("arn:aws:codepipeline:*:*:*/*/Approval?"));
    let accepting = |day: &str| {
        let entry = |code: &str| json!({"code": code, "subject": "arn:aws:iam::*:user/grace", "reason": "R-17", "expires": day});
        let accept = file(&json!([entry("can-approve-both"), entry("approver-without-mfa")]));
        AUDIT.examine(&account, &["--accept", text(accept.path()), "--fail-on", "note"])
    };
    for day in [days_from_now(1), "2999-12-31".to_owned()] {
        let (ran, report) = accepting(&day);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert_eq!((&report["findings"], &report["summary"]["accepted"]), (&json!([]), &json!(2)));
    }
    let yesterday = days_from_now(-1);
    let (ran, report) = accepting(&yesterday);
    assert_eq!(ran.code, 10);
    let evidence = report["findings"][0]["evidence"].as_array().unwrap();
    let expired = json!({"kind": "acceptance", "name": "R-17", "detail": format!("expired after {yesterday}")});
    assert_eq!(evidence.last().unwrap(), &expired);
}

#[test]
fn names_cannot_pass_for_the_programs_own_words() {
    let account = of_grace(json!([{
        "Sid": "\u{1b}[2K\nerror: \u{202e}nothing",
        "Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": "*",
    }]));
    let ran = audit(&account, &[]);
    assert_eq!(ran.code, 10);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.stdout);
    assert!(!ran.stdout.lines().any(|line| line.starts_with("error:")), "{}", ran.stdout);
}
