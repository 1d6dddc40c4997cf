//! `policygen evidence`: the sessions behind approvals, the account, and what followed the gate.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::history::{Saved, answered, execution};
use crate::program::{Ran, policygen};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const DEPLOYER: &str = "arn:aws:sts::111122223333:assumed-role/Deployer/x";
const COLLAPSE: &str = r#"{"sharedRoles": "collapse"}"#;

/// `userIdentity` of a user with a long-term key.
fn user(arn: &str) -> Value {
    json!({"type": "IAMUser", "arn": arn, "accessKeyId": "AKIAIOSFODNN7EXAMPLE"})
}

/// `userIdentity` of a session with this access key.
fn session(arn: &str, access_key: &str, issuer: &str) -> Value {
    json!({"type": "AssumedRole", "arn": arn, "accessKeyId": access_key,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": issuer}, "attributes": {"mfaAuthenticated": "false"}}})
}

fn deployer(access_key: &str) -> Value {
    session(DEPLOYER, access_key, "arn:aws:iam::111122223333:role/Deployer")
}

/// CloudTrail's event of an answer, 20 seconds before CodePipeline noticed it.
fn approved(slot: &str, by: &Value) -> Value {
    let time = if slot == "ApprovalA" { "2026-01-02T10:01:40Z" } else { "2026-01-02T10:02:10Z" };
    json!({"eventName": "PutApprovalResult", "eventTime": time, "eventID": slot, "userIdentity": by, "requestParameters": {
        "pipelineName": "payments", "stageName": "Approve", "actionName": slot, "token": format!("token-{slot}"),
        "result": {"status": "Approved", "summary": "reviewed"}}})
}

/// The event of a principal that started a session with this access key.
fn taken(access_key: &str, by: &Value) -> Value {
    json!({"eventName": "AssumeRole", "eventTime": "2026-01-02T09:00:00Z", "eventID": access_key, "userIdentity": by,
        "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/Deployer"},
        "responseElements": {"credentials": {"accessKeyId": access_key, "expiration": "Jan 2, 2026, 10:00:00 AM"}}})
}

/// Alice approved as herself, and somebody else approved through the role Deployer.
fn alice_and_deployer() -> Saved {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!(DEPLOYER);
    saved.action("Gate")["output"]["outputVariables"]["Approvers"] = json!("alice, role/deployer");
    saved
}

fn evidence(saved: &Saved, trail: Option<&[Value]>, rule: &str, arguments: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let [executions, actions] = saved.write(&directory);
    let rule = file("rule.json", rule);
    let mut all = vec![
        "evidence",
        "--pipeline",
        "payments",
        "--input",
        &executions,
        "--input",
        &actions,
        "--rule",
        &rule,
    ];
    let events = trail.map(|events| file("events.json", &json!({"Records": events}).to_string()));
    if let Some(events) = &events {
        all.extend(["--cloudtrail-file", events]);
    }
    all.extend(arguments);
    policygen(&all)
}

/// The newest execution.
fn newest(saved: &Saved, trail: &[Value], rule: &str) -> Value {
    let ran = evidence(saved, Some(trail), rule, &["--format", "json"]);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    report["executions"][0].clone()
}

fn codes(execution: &Value) -> Vec<&str> {
    let exceptions = execution["exceptions"].as_array().unwrap().iter();
    exceptions.map(|exception| exception["code"].as_str().unwrap()).collect()
}

#[test]
fn a_session_that_the_other_approver_took_is_the_same_human() {
    let jump = |key: &str| {
        session(
            "arn:aws:sts::111122223333:assumed-role/Jump/y",
            key,
            "arn:aws:iam::111122223333:role/Jump",
        )
    };
    let directly = vec![taken("ASIA1", &user(ALICE))];
    let through_another_role = vec![taken("ASIA1", &jump("ASIA2")), taken("ASIA2", &user(ALICE))];
    for chain in [directly, through_another_role] {
        let trail = [
            vec![approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &deployer("ASIA1"))],
            chain,
        ]
        .concat();
        let found = newest(&alice_and_deployer(), &trail, COLLAPSE);
        assert_eq!(found["verdict"], "error", "{found}");
        assert_eq!(codes(&found)[0], "same-human");
        let problem = found["problem"].as_str().unwrap();
        assert!(problem.contains(&format!("taken by {ALICE}")), "{problem}");
        let behind = found["approvals"][1]["cloudTrail"]["takenBy"].as_array().unwrap();
        assert_eq!(behind.last().unwrap(), ALICE);
    }
}

#[test]
fn a_trail_that_shows_two_humans_or_does_not_end_changes_no_verdict() {
    let jump = |key: &str| {
        session(
            "arn:aws:sts::111122223333:assumed-role/Jump/y",
            key,
            "arn:aws:iam::111122223333:role/Jump",
        )
    };
    let approvals = |b: &Value| vec![approved("ApprovalA", &user(ALICE)), approved("ApprovalB", b)];
    let by_bob = [approvals(&deployer("ASIA1")), vec![taken("ASIA1", &user(BOB))]].concat();
    let unknown = approvals(&deployer("ASIA1"));
    let in_circles = [
        approvals(&deployer("ASIA1")),
        vec![taken("ASIA1", &jump("ASIA2")), taken("ASIA2", &jump("ASIA1"))],
    ]
    .concat();
    for trail in [by_bob, unknown, in_circles] {
        let found = newest(&alice_and_deployer(), &trail, COLLAPSE);
        assert_eq!(
            (&found["verdict"], codes(&found)),
            (&json!("satisfied"), vec!["rests-on-assumption"]),
            "{found}"
        );
    }
}

/// Two humans who pass through the same role are still two.
#[test]
fn a_role_that_two_humans_pass_through_joins_nobody() {
    let jump = |key: &str| {
        session(
            "arn:aws:sts::111122223333:assumed-role/Jump/y",
            key,
            "arn:aws:iam::111122223333:role/Jump",
        )
    };
    let builder = "arn:aws:sts::111122223333:assumed-role/Builder/z";
    let mut saved = alice_and_deployer();
    saved.action("ApprovalA")["updatedBy"] = json!(builder);
    let by_builder = session(builder, "ASIA3", "arn:aws:iam::111122223333:role/Builder");
    let trail = [
        approved("ApprovalA", &by_builder),
        approved("ApprovalB", &deployer("ASIA1")),
        taken("ASIA1", &jump("ASIA2")),
        taken("ASIA2", &user(ALICE)),
        taken("ASIA3", &jump("ASIA4")),
        taken("ASIA4", &user(BOB)),
    ];
    assert_eq!(newest(&saved, &trail, COLLAPSE)["verdict"], "satisfied");
}

/// A person counted by an earlier run of the gate does not count for the newest run.
#[test]
fn an_earlier_attempt_of_another_person_is_nobody_in_the_newest_verdict() {
    let mut saved = alice_and_deployer();
    let mut earlier = answered("ApprovalA", "carol", (0, 40), (0, 50));
    earlier["actionExecutionId"] = json!("ApprovalA-0");
    earlier["output"]["executionResult"]["externalExecutionId"] = json!("token-0");
    let mut refused = saved.action("Gate").clone();
    refused["actionExecutionId"] = json!("Gate-0");
    refused["startTime"] = json!("2026-01-02T10:00:51.123+00:00");
    refused["lastUpdateTime"] = json!("2026-01-02T10:00:55.123+00:00");
    refused["status"] = json!("Failed");
    refused["output"] = json!({"executionResult": {"errorDetails": {"code": "JobFailed"},
        "externalExecutionSummary": "Refused: 1 distinct person counted, 2 required (execution x)."}});
    saved.actions.extend([earlier, refused]);
    let trail = [
        approved("ApprovalA", &user(ALICE)),
        approved("ApprovalB", &deployer("ASIA1")),
        taken("ASIA1", &user(ALICE)),
    ];
    let found = newest(&saved, &trail, COLLAPSE);
    assert_eq!((&found["verdict"], codes(&found)[0]), (&json!("error"), "same-human"), "{found}");
}

/// The actions in the parameters also need two people, no matter who approved elsewhere.
#[test]
fn one_human_in_two_lists_of_actions_is_not_made_up_for_by_a_third() {
    let mut saved = alice_and_deployer();
    saved.actions.push(answered("ApprovalC", "carol", (1, 0), (2, 40)));
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] =
        json!(r#"{"actions": ["ApprovalA", "ApprovalB"]}"#);
    let trail = [
        approved("ApprovalA", &user(ALICE)),
        approved("ApprovalB", &deployer("ASIA1")),
        taken("ASIA1", &user(ALICE)),
    ];
    assert_eq!(codes(&newest(&saved, &trail, COLLAPSE))[0], "same-human");
    saved.action("Gate")["input"]["resolvedConfiguration"]["UserParameters"] = json!("{}");
    let found = newest(&saved, &trail, COLLAPSE);
    assert_eq!(found["verdict"], "satisfied", "two people are left: {found}");
}

/// A console gives a session other access keys than the event that started it.
#[test]
fn a_session_is_joined_by_who_it_is_and_when_it_was_made_if_its_key_is_another() {
    let mut by = deployer("ASIACONSOLE");
    by["principalId"] = json!("AROA1:x");
    by["sessionContext"]["attributes"]["creationDate"] = json!("2026-01-02T09:00:00Z");
    let mut made = taken("ASIA1", &user(ALICE));
    made["responseElements"]["assumedRoleUser"] =
        json!({"assumedRoleId": "AROA1:x", "arn": DEPLOYER});
    let approvals = [approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &by)];
    let verdict = |made: &[Value]| {
        newest(&alice_and_deployer(), &[&approvals, made].concat(), COLLAPSE)["verdict"].clone()
    };
    assert_eq!(verdict(&[made.clone()]), "error");
    let mut later = made.clone();
    later["eventTime"] = json!("2026-01-02T09:00:01Z");
    assert_eq!(verdict(&[later]), "satisfied", "another session of that name");
    let mut of_bob = made.clone();
    of_bob["userIdentity"] = user(BOB);
    assert_eq!(verdict(&[made, of_bob]), "satisfied", "two in one second: nobody knows which");
}

#[test]
fn sessions_of_one_user_of_identity_center_are_one_human_whatever_they_are_called() {
    let sso = |role: &str, name: &str| {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_{role}_01/{name}");
        let issuer = format!(
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{role}_01"
        );
        let mut by = session(&arn, "ASIA1", &issuer);
        by["onBehalfOf"] = json!({"userId": "9067642ac7-1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1"});
        (arn, by)
    };
    let (a, by_a) = sso("Admin", "alice@example.com");
    let (b, mut by_b) = sso("Approver", "a.smith@example.com");
    let mut saved = execution();
    saved.action("ApprovalA")["updatedBy"] = json!(a);
    saved.action("ApprovalB")["updatedBy"] = json!(b);
    let rule =
        r#"{"trustedSessionRoles": ["AWSReservedSSO_Admin_01", "AWSReservedSSO_Approver_01"]}"#;
    let found = |by_b: &Value| {
        newest(&saved, &[approved("ApprovalA", &by_a), approved("ApprovalB", by_b)], rule)
    };
    assert_eq!(codes(&found(&by_b))[0], "same-human");
    by_b["onBehalfOf"]["userId"] = json!("9067642ac7-2");
    assert_eq!(found(&by_b)["verdict"], "satisfied");
}

/// Both accounts record a caller from another account, and the role's account has no name for the
/// caller. The name joins, no matter which event comes first.
#[test]
fn a_session_that_a_user_of_another_account_took_is_theirs() {
    let mut at_home = taken("ASIA1", &user("arn:aws:iam::444455556666:user/alice"));
    at_home["eventID"] = json!("at-home");
    let here = taken(
        "ASIA1",
        &json!({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDACKCEVSQ6C2EXAMPLE"}),
    );
    let approvals =
        [approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &deployer("ASIA1"))];
    for made in [[at_home.clone(), here.clone()], [here.clone(), at_home]] {
        let found = newest(&alice_and_deployer(), &[&approvals[..], &made[..]].concat(), COLLAPSE);
        assert_eq!(codes(&found)[0], "same-human", "{found}");
    }
    let found = newest(
        &alice_and_deployer(),
        &[&approvals[..], std::slice::from_ref(&here)].concat(),
        COLLAPSE,
    );
    assert_eq!(found["verdict"], "satisfied");

    // Two events without a name are about one caller if they have the same id.
    let mut alice = user(ALICE);
    alice["principalId"] = json!("AIDACKCEVSQ6C2EXAMPLE");
    let approvals = [approved("ApprovalA", &alice), approved("ApprovalB", &deployer("ASIA1"))];
    for (id, verdict) in
        [("AIDACKCEVSQ6C2EXAMPLE", "error"), ("AIDACKCEVSQ6C3EXAMPLE", "satisfied")]
    {
        let mut again = here.clone();
        again["eventID"] = json!("again");
        again["userIdentity"]["principalId"] = json!(id);
        let trail = [&approvals[..], &[here.clone(), again]].concat();
        assert_eq!(newest(&alice_and_deployer(), &trail, COLLAPSE)["verdict"], verdict, "{id}");
    }
}

/// Two events that name two callers for one key prove nothing, in any order.
#[test]
fn events_that_contradict_each_other_join_nobody() {
    let approvals =
        [approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &deployer("ASIA1"))];
    let (alice, bob) = (taken("ASIA1", &user(ALICE)), taken("ASIA1", &user(BOB)));
    for made in [[alice.clone(), bob.clone()], [bob, alice]] {
        let found = newest(&alice_and_deployer(), &[&approvals[..], &made[..]].concat(), COLLAPSE);
        assert_eq!(found["verdict"], "satisfied");
    }
}

/// A user who was renamed between two answers.
#[test]
fn a_renamed_user_is_one_human() {
    let with_id = |arn: &str, id: &str| {
        let mut by = user(arn);
        by["principalId"] = json!(id);
        by
    };
    let found = |b: &str| {
        let a = with_id(ALICE, "AIDACKCEVSQ6C2EXAMPLE");
        let b = with_id(BOB, b);
        newest(&execution(), &[approved("ApprovalA", &a), approved("ApprovalB", &b)], "{}")
    };
    let one = found("AIDACKCEVSQ6C2EXAMPLE");
    assert_eq!(codes(&one), ["same-human"]);
    assert!(
        one["problem"]
            .as_str()
            .unwrap()
            .contains("share `traced:principal-id:AIDACKCEVSQ6C2EXAMPLE`"),
        "{one}"
    );
    assert_eq!(found("AIDACKCEVSQ6C3EXAMPLE")["verdict"], "satisfied");
    // In examples and exports without names, everybody has the same id.
    for id in ["EXAMPLE", "a-principal-of-this-account"] {
        let trail = [("ApprovalA", ALICE), ("ApprovalB", BOB)];
        let trail = trail.map(|(slot, arn)| approved(slot, &with_id(arn, id)));
        assert_eq!(newest(&execution(), &trail, "{}")["verdict"], "satisfied", "{id}");
    }
}

/// The rule trusts the role because a provider names its sessions. CloudTrail shows that a caller
/// of AssumeRole chose the name.
#[test]
fn a_trusted_session_that_somebody_else_took_and_named_is_an_error() {
    let arn = "arn:aws:sts::111122223333:assumed-role/Approver/bob";
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!(arn);
    let by = session(arn, "ASIA1", "arn:aws:iam::111122223333:role/Approver");
    let approvals = [approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &by)];
    let with = |made: Value| {
        let trail = [&approvals[..], &[made]].concat();
        newest(&saved, &trail, r#"{"trustedSessionRoles": ["Approver"]}"#)
    };
    let carol = "arn:aws:iam::111122223333:user/carol";
    for (taker, told) in [(user(carol), carol), (deployer("ASIA2"), "which anybody may have used")]
    {
        let found = with(taken("ASIA1", &taker));
        assert_eq!(found["verdict"], "error");
        assert_eq!(codes(&found), ["taken-by-another"], "{found}");
        assert!(found["problem"].as_str().unwrap().contains(told), "{found}");
    }
    // A trust policy can require users to give their sessions their own names, also users of
    // another account.
    for own in [BOB, "arn:aws:iam::444455556666:user/bob"] {
        assert_eq!(with(taken("ASIA1", &user(own)))["verdict"], "satisfied", "{own}");
    }
    let mut by_provider =
        taken("ASIA1", &json!({"type": "SAMLUser", "userName": "bob", "identityProvider": "okta"}));
    by_provider["eventName"] = json!("AssumeRoleWithSAML");
    assert_eq!(with(by_provider)["verdict"], "satisfied");
}

#[test]
fn one_source_identity_behind_two_persons_is_an_error() {
    let with_source = |arn: &str| {
        let mut by = user(arn);
        by["sessionContext"] = json!({"sourceIdentity": "alice"});
        by
    };
    let trail =
        [approved("ApprovalA", &with_source(ALICE)), approved("ApprovalB", &with_source(BOB))];
    let found = newest(&execution(), &trail, "{}");
    assert_eq!(codes(&found), ["same-human", "shared-source-identity"]);
}

/// The role has a name of Identity Center and a path that is not Identity Center's.
#[test]
fn a_look_alike_of_identity_centers_role_is_an_error_and_a_real_one_says_nothing_of_a_second_factor()
 {
    let role = "AWSReservedSSO_Approver_0123456789abcdef";
    let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/bob@example.com");
    let rule = format!(r#"{{"trustedSessionRoles": ["{role}"]}}"#);
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!(arn);
    for (path, expected) in
        [("", vec!["look-alike-role"]), ("aws-reserved/sso.amazonaws.com/eu-west-1/", vec![])]
    {
        let by = session(&arn, "ASIA1", &format!("arn:aws:iam::111122223333:role/{path}{role}"));
        let found = newest(
            &saved,
            &[approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &by)],
            &rule,
        );
        assert_eq!(codes(&found), expected, "{path}");
        // Somebody else may have been that session, and perhaps nobody was.
        assert_eq!(found["verdict"], "satisfied", "{path}");
        if path.is_empty() {
            let message = found["exceptions"][0]["message"].as_str().unwrap();
            let came = format!(
                "The answer to ApprovalB came through arn:aws:iam::111122223333:role/{role},"
            );
            assert!(message.starts_with(&came), "{message}");
        }
        let mfa = &found["approvals"][1]["cloudTrail"]["mfaAuthenticated"];
        assert_eq!(*mfa, if path.is_empty() { json!(false) } else { Value::Null }, "{path}");
    }
}

#[test]
fn cloudtrail_tells_when_an_approval_was_answered() {
    let trail = [approved("ApprovalA", &user(ALICE)), approved("ApprovalB", &user(BOB))];
    let found = newest(&execution(), &trail, "{}");
    for (at, approval) in
        [("10:01:40Z", &found["approvals"][0]), ("10:02:10Z", &found["approvals"][1])]
    {
        assert_eq!(
            (&approval["at"], &approval["atIs"]),
            (&json!(format!("2026-01-02T{at}")), &json!("answered"))
        );
        assert_eq!(approval["basis"], "user");
    }
    let record = &found["decision"]["approvals"][0];
    assert_eq!(
        (&record["atIs"], &record["noticedAt"]),
        (&json!("answered"), &json!("2026-01-02T10:02:00.123Z"))
    );
    let ran = evidence(&execution(), None, "{}", &["--format", "json"]);
    assert!(ran.stdout.contains(r#""atIs": "noticed""#), "{}", ran.stdout);
}

/// An event of another principal, or from a time when the approval was not open, does not give the
/// time of this answer.
#[test]
fn a_time_that_cannot_be_the_answers_is_not_taken_for_it() {
    for time in ["2026-01-02T10:00:30Z", "2026-01-02T10:02:02Z"] {
        let mut event = approved("ApprovalA", &user(ALICE));
        event["eventTime"] = json!(time);
        let found = newest(&execution(), &[event], "{}");
        assert_eq!(found["approvals"][0]["atIs"], "noticed", "{time}");
    }
    let mut open = execution();
    open.actions
        .retain(|action| !["Gate", "Deploy"].contains(&action["actionName"].as_str().unwrap()));
    open.executions[0]["status"] = json!("InProgress");
    open.action("ApprovalB")["status"] = json!("InProgress");
    let found = newest(&open, &[], "{}");
    let waiting = &found["approvals"][1];
    assert_eq!(
        (&waiting["at"], &waiting["atIs"], &waiting["noticedAt"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn what_ran_behind_the_gate_under_another_version_is_an_error() {
    let mut saved = execution();
    saved.action("Deploy")["pipelineVersion"] = json!(4);
    assert_eq!(codes(&newest(&saved, &[], "{}"))[0], "structure-changed-after-gate");
}

#[test]
fn what_ran_before_the_gate_under_another_version_is_not_an_error() {
    let mut saved = execution();
    saved.action("Source")["pipelineVersion"] = json!(2);
    let newest = newest(&saved, &[], "{}");
    assert!(!codes(&newest).contains(&"structure-changed-after-gate"), "{newest}");
}

#[test]
fn a_release_long_after_its_approval_is_a_warning() {
    // The gate judged at 10:03, and the release was deployed two hours later.
    let mut saved = execution();
    saved.action("Deploy")["startTime"] = json!("2026-01-02T12:00:00+00:00");
    saved.action("Deploy")["lastUpdateTime"] = json!("2026-01-02T12:01:00+00:00");
    let ran = evidence(&saved, None, r#"{"maxAgeMinutes": 60}"#, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(codes(&report["executions"][0]), ["released-long-after-approval"]);
    let ran = evidence(&saved, None, r#"{"maxAgeMinutes": 180}"#, &["--format", "json"]);
    assert!(!ran.stdout.contains("released-long-after-approval"), "{}", ran.stdout);

    // The first stage was deployed at once, the second had to wait.
    let mut second = saved.action("Deploy").clone();
    second["actionName"] = json!("Everywhere");
    second["actionExecutionId"] = json!("Everywhere-1");
    let mut waited = execution();
    waited.actions.push(second);
    let ran = evidence(&waited, None, r#"{"maxAgeMinutes": 60}"#, &["--format", "json"]);
    let told = "Everywhere began 1h 57m 59s after ApprovalA was approved";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

/// Another account chooses the names of its users, so they prove nothing here.
mod account {
    use super::*;

    fn with_a_stranger() -> Saved {
        let mut saved = execution();
        saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::444455556666:user/bob");
        saved
    }

    #[test]
    fn of_several_accounts_one_has_to_be_named() {
        let ran = evidence(&with_a_stranger(), None, "{}", &[]);
        assert_eq!(ran.code, 1);
        assert!(
            ran.stderr.contains("111122223333, 444455556666") && ran.stderr.contains("--account"),
            "{}",
            ran.stderr
        );
        let ran = evidence(
            &with_a_stranger(),
            None,
            "{}",
            &["--account", "111122223333", "--format", "json"],
        );
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["executions"][0]["verdict"], "unsatisfied");
        assert!(ran.stdout.contains("is of account 444455556666"), "{}", ran.stdout);
        let ran = evidence(&execution(), None, "{}", &["--account", "12"]);
        assert!(ran.code == 1 && ran.stderr.contains("an account: 12 digits"), "{}", ran.stderr);
    }

    #[test]
    fn one_that_nobody_told_is_an_assumption_that_the_report_names() {
        let note = "The report assumes 111122223333";
        for format in ["human", "json", "html"] {
            assert!(
                evidence(&execution(), None, "{}", &["--format", format]).stdout.contains(note),
                "{format}"
            );
            let told = evidence(
                &execution(),
                None,
                "{}",
                &["--format", format, "--account", "111122223333"],
            );
            assert!(!told.stdout.contains(note), "{format}");
        }
    }

    #[test]
    fn one_without_any_principal_is_not_assumed() {
        let mut saved = execution();
        saved.executions[0]["trigger"] = json!({"triggerType": "Webhook", "triggerDetail": "x"});
        for slot in ["ApprovalA", "ApprovalB"] {
            saved.action(slot).as_object_mut().unwrap().remove("updatedBy");
        }
        let ran = evidence(&saved, None, "{}", &["--format", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["executions"][0]["verdict"], "unsatisfied");
        assert!(!ran.stdout.contains("The report assumes"), "{}", ran.stdout);
    }

    #[test]
    fn a_snapshot_shows_who_made_a_role_that_only_a_pattern_trusts() {
        let role = "AWSReservedSSO_Approver_0123456789abcdef";
        let mut saved = execution();
        let session = format!("arn:aws:sts::111122223333:assumed-role/{role}/bob@example.com");
        saved.actions.retain(|action| action["actionName"] != "ApprovalB");
        saved.actions.push(answered("ApprovalB", "bob", (1, 0), (2, 30)));
        saved.action("ApprovalB")["updatedBy"] = json!(session);
        let rule = r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#;
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("account.json");
        let snapshot = |arn: String| {
            json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
                "Path": "/", "RoleName": role, "RoleId": "AROA", "Arn": arn, "AttachedManagedPolicies": [], "RolePolicyList": [],
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}]})
        };
        for (in_path, verdict) in
            [("aws-reserved/sso.amazonaws.com/", "satisfied"), ("", "unsatisfied")]
        {
            let arn = format!("arn:aws:iam::111122223333:role/{in_path}{role}");
            fs::write(&path, snapshot(arn).to_string()).unwrap();
            let arguments = ["--format", "json", "--account-file", path.to_str().unwrap()];
            let ran = evidence(&saved, None, rule, &arguments);
            let report: Value =
                serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
            assert_eq!(report["executions"][0]["verdict"], verdict, "{in_path}");
            assert_eq!(report["cover"]["accountFrom"], "snapshot");
        }
        let ran = evidence(&saved, None, rule, &["--format", "human"]);
        assert!(
            ran.stdout.contains("the account's snapshot with --account-file"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn what_the_gate_said_of_a_success_is_its_output_variable() {
    let mut saved = execution();
    saved.action("Gate")["output"]["outputVariables"]["Summary"] =
        json!("Satisfied by alice and bob, as AWS shows it");
    saved.action("Gate")["output"]["outputVariables"]["Basis"] = json!("user");
    let ran = evidence(&saved, None, "{}", &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = &report["executions"][0]["gate"]["runs"][0]["said"];
    assert_eq!(said["message"], "Satisfied by alice and bob, as AWS shows it");
    assert_eq!(said["basis"], "user");
}
