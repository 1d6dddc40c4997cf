//! `policygen evidence` over approvals that were signed.

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::checker::{file, text};
use crate::evidence::with_details;
use crate::history::{Saved, action, execution};
use crate::program::{Ran, policygen};

/// The example signature with this name: of ApprovalA, made by another program.
fn vector(name: &str) -> Value {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../core/signing/tests/vectors.json")).unwrap();
    vectors.into_iter().find(|vector| vector["name"] == name).unwrap()
}

/// The execution of the vector: ApprovalA carries its signature, in a session of a shared role.
fn signed(vector: &Value) -> Saved {
    let facts = &vector["facts"];
    let mut saved = execution();
    let sources = facts["revisions"].as_array().unwrap().iter().enumerate();
    saved.actions.retain(|action| action["actionName"] != "Source");
    for (number, revision) in sources {
        let name = format!("Source{number}");
        let mut source = action("Source", &name, ("Source", "S3"), (0, 1), (0, 30));
        source["output"]["executionResult"]["externalExecutionId"] = revision.clone();
        saved.actions.push(source);
    }
    let approval = saved.action("ApprovalA");
    approval["updatedBy"] = json!("arn:aws:sts::111122223333:assumed-role/TwoPersonRule-Desk/x");
    approval["output"]["executionResult"]["externalExecutionSummary"] = vector["comment"].clone();
    let text = json!([saved.executions, saved.actions]).to_string();
    let id = facts["execution"].as_str().unwrap();
    let text = text.replace("11111111-1111-4111-8111-111111111111", id);
    let text = text.replace("ApprovalA-1", facts["attempt"].as_str().unwrap());
    let text = text.replace("\"Approve\"", &facts["stage"].to_string());
    let [executions, actions]: [Vec<Value>; 2] = serde_json::from_str(&text).unwrap();
    Saved { executions, actions }
}

fn rule(vector: &Value) -> NamedTempFile {
    file(&json!({"desk": vector["desk"], "signingKeys": {"alice": [vector["signingKey"]]}}))
}

fn evidence(saved: &Saved, rule: &NamedTempFile, format: &str) -> Ran {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    policygen(&[
        "evidence",
        "--pipeline",
        "payments",
        "--input",
        &executions,
        "--input",
        &actions,
        "--rule",
        rule.path().to_str().unwrap(),
        "--format",
        format,
    ])
}

#[test]
fn every_format_shows_who_signed_and_with_what_kind_of_key() {
    for (name, kind, words) in [
        ("passkey, ES256", "passkey", "alice's passkey 1n32_e5Sm14, device-bound"),
        ("ssh, Ed25519", "ssh", "alice's SSH key bmrQd4ily64, can be copied"),
    ] {
        let vector = vector(name);
        let (saved, rule) = (signed(&vector), rule(&vector));
        let report: Value = serde_json::from_str(&evidence(&saved, &rule, "json").stdout).unwrap();
        let execution = &report["executions"][0];
        assert_eq!(execution["verdict"], "satisfied", "{name}: {execution}");
        assert_eq!(execution["decision"]["persons"], json!(["person:alice", "handle:bob"]));
        assert_eq!(execution["decision"]["revisions"], vector["facts"]["revisions"]);
        let approval = &execution["approvals"][0];
        assert_eq!(approval["basis"], "signature");
        assert_eq!(approval["comment"], vector["comment"]);
        assert_eq!(
            (&approval["signature"]["signer"], &approval["signature"]["kind"]),
            (&json!("alice"), &json!(kind))
        );
        for format in ["human", "csv", "html"] {
            let text = with_details(&evidence(&saved, &rule, format).stdout);
            assert!(text.contains(words), "{name}, {format}: {text}");
            assert!(text.contains("reviewed") && !text.contains("[2pr1."), "{name}, {format}");
        }
    }
}

#[test]
fn a_signature_of_another_release_is_found_years_later() {
    let vector = vector("passkey, ES256");
    let mut saved = signed(&vector);
    saved.action("Source0")["output"]["executionResult"]["externalExecutionId"] = json!("other");
    let ran = evidence(&saved, &rule(&vector), "json");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let execution = &report["executions"][0];
    assert_eq!((ran.code, &execution["verdict"]), (10, &json!("unsatisfied")));
    assert_eq!(execution["approvals"][0]["reason"], "bad-signature");
    assert_eq!(execution["approvals"][0]["signature"], Value::Null);
    let human = evidence(&saved, &rule(&vector), "human").stdout;
    assert!(human.contains("no: bad-signature") && human.contains("[2pr1.p."), "{human}");
}

/// The exceptions of a release that alice signed in a session of a role, and that bob approved with
/// this `sessionContext`. CloudTrail shows that bob started the session.
fn found_of_carrier(role: &str, bobs_context: &Value) -> Vec<String> {
    let vector = vector("ssh, Ed25519");
    let mut saved = signed(&vector);
    let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/x");
    saved.action("ApprovalA")["updatedBy"] = json!(arn);
    let answered = |slot: &str, time: &str, by: &Value| {
        json!({"eventName": "PutApprovalResult", "eventTime": time, "eventID": slot,
            "userIdentity": by, "requestParameters": {"pipelineName": "payments",
            "stageName": vector["facts"]["stage"], "actionName": slot,
            "token": format!("token-{slot}"), "result": {"status": "Approved"}}})
    };
    let issuer = json!({"arn": format!("arn:aws:iam::111122223333:role/{role}")});
    let carrier = json!({"type": "AssumedRole", "arn": arn, "accessKeyId": "ASIA1",
        "sessionContext": {"sourceIdentity": "bob", "sessionIssuer": issuer}});
    let bob = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/bob",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "sessionContext": bobs_context});
    let trail = file(&json!({"Records": [
        answered("ApprovalA", "2026-01-02T10:01:40Z", &carrier),
        answered("ApprovalB", "2026-01-02T10:02:10Z", &bob),
        {"eventName": "AssumeRole", "eventTime": "2026-01-02T09:00:00Z", "eventID": "taken",
            "userIdentity": bob, "requestParameters": {},
            "responseElements": {"credentials": {"accessKeyId": "ASIA1"}}},
    ]}));
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    let rule = rule(&vector);
    let ran = policygen(&[
        "evidence",
        "--pipeline=payments",
        "--format=json",
        "--input",
        &executions,
        "--input",
        &actions,
        "--rule",
        text(rule.path()),
        "--cloudtrail-file",
        text(trail.path()),
    ]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let execution = &report["executions"][0];
    assert!(execution["approvals"][0]["cloudTrail"].is_object(), "{execution}");
    assert_eq!(execution["verdict"], "satisfied");
    let exceptions = execution["exceptions"].as_array().unwrap().iter();
    exceptions.map(|exception| exception["code"].as_str().unwrap().to_owned()).collect()
}

/// Anybody may carry a signature. What CloudTrail shows of them says nothing about who signed.
#[test]
fn what_carried_a_signature_is_not_held_against_its_signer() {
    for role in ["AWSReservedSSO_Approver_0123456789abcdef", "Deployer"] {
        assert_eq!(found_of_carrier(role, &Value::Null), Vec::<String>::new(), "{role}");
    }
    // Whoever answered without a signature may have carried the other one.
    let same = json!({"sourceIdentity": "bob"});
    assert_eq!(found_of_carrier("Deployer", &same), ["shared-source-identity"]);
}
