//! The proof of a release: never a success without it if the rule demands one, and never a proof
//! without a satisfied decision.

#![expect(clippy::wildcard_enum_match_arm, reason = "a table names the rows that differ")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facts::Operation;
use job::{FailureKind, InputArtifact};
use serde_json::{Value, json};

use crate::memory::{
    ARTIFACT, EXECUTION, FAULTS, Fault, KEY, Memory, Report, only, only_report, run,
};

fn floor() -> String {
    json!({"proof": {"key": KEY, "store": "s3://proofs/two", "environment": "prod"}}).to_string()
}

/// The refusal, after which nothing is stored.
fn refused(memory: &mut Memory) -> (FailureKind, String) {
    let report = only_report(memory, &floor(), None);
    assert!(memory.stored.borrow().is_empty());
    match report {
        Report::Failure(kind, message) => (kind, message),
        Report::Success(_) => panic!("{report:?}"),
    }
}

#[test]
fn a_release_that_passes_has_its_proof_stored_and_named() {
    let mut memory = Memory::approved_by_alice_and("bob");
    let report = only_report(&mut memory, &floor(), None);
    assert_eq!(report, Report::Success("alice, bob".to_owned()));
    let place = format!("s3://proofs/two/payments/{EXECUTION}.json");
    assert_eq!(memory.variables.borrow()["Proof"], place);
    let stored = memory.stored.borrow();
    let [(stored_at, proof)] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!(*stored_at, place);

    let envelope: Value = serde_json::from_str(proof).unwrap();
    let signature = json!([{"keyid": KEY, "sig": STANDARD.encode(b"signature")}]);
    assert_eq!(envelope["signatures"], signature);
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let artifact = json!({
        "name": "BuildOutput",
        "uri": ARTIFACT,
        "digest": {"sha256": proof::Sha256::of(b"zip").to_string()},
    });
    assert!(statement["subject"].as_array().unwrap().contains(&artifact), "{statement}");
    let predicate = &statement["predicate"];
    assert_eq!(predicate["environment"], "prod");
    assert_eq!(predicate["timeCreated"], "2026-11-22T10:02:00Z");
    assert_eq!(predicate["expires"], "2026-11-23T10:02:00Z");
    assert_eq!(predicate["decision"]["executionId"], EXECUTION);
}

#[test]
fn without_a_key_in_the_rule_nothing_is_signed() {
    let mut memory = Memory::approved_by_alice_and("bob");
    let report = only_report(&mut memory, "{}", None);
    assert_eq!(report, Report::Success("alice, bob".to_owned()));
    assert!(!memory.variables.borrow().contains_key("Proof"));
    for operation in [Operation::GET_OBJECT, Operation::SIGN, Operation::PUT_OBJECT] {
        assert_eq!(memory.count(operation), 0, "{operation}");
    }
}

#[test]
fn without_a_satisfied_decision_nothing_is_signed() {
    let mut memory = Memory::approved_by_alice_and("alice");
    let (kind, message) = refused(&mut memory);
    assert_eq!(kind, FailureKind::JobFailed);
    assert!(message.starts_with("Refused: "), "{message}");
    for operation in [Operation::GET_OBJECT, Operation::SIGN, Operation::PUT_OBJECT] {
        assert_eq!(memory.count(operation), 0, "{operation}");
    }
}

#[test]
fn every_call_of_a_proof_times_every_fault() {
    for (operation, action) in [
        (Operation::GET_OBJECT, "s3:GetObject"),
        (Operation::SIGN, "kms:Sign"),
        (Operation::PUT_OBJECT, "s3:PutObject"),
    ] {
        for fault in FAULTS {
            let mut memory = Memory::approved_by_alice_and("bob").with(operation, fault);
            if let Fault::ThrottledOnce | Fault::UnsentForSeconds = fault {
                let report = only_report(&mut memory, &floor(), None);
                assert_eq!(report, Report::Success("alice, bob".to_owned()), "{operation}");
                assert_eq!(memory.stored.borrow().len(), 1);
                continue;
            }
            let (kind, message) = refused(&mut memory);
            let expected = match fault {
                Fault::AccessDenied => FailureKind::PermissionError,
                _ => FailureKind::SystemUnavailable,
            };
            assert_eq!(kind, expected, "{operation} {fault:?}: {message}");
            assert!(message.contains(&operation.to_string()), "{operation} {fault:?}: {message}");
            let names_action = message.contains(action);
            assert_eq!(names_action, fault == Fault::AccessDenied, "{message}");
            assert!(!rule::is_refusal(&message), "{message}");
        }
    }
}

#[test]
fn an_artifact_written_after_the_first_approval_was_opened_is_refused() {
    // The approvals were opened at 10:00:00.
    for (written, passes) in [
        ("2026-11-22T09:59:59Z", true),
        // S3 leaves out the fractions, so this may be up to a second later.
        ("2026-11-22T10:00:00Z", false),
        ("2026-11-22T10:00:01Z", false),
    ] {
        let mut memory = Memory::approved_by_alice_and("bob");
        memory.written = written.parse().unwrap();
        if passes {
            let report = only_report(&mut memory, &floor(), None);
            assert_eq!(report, Report::Success("alice, bob".to_owned()), "{written}");
            continue;
        }
        let (kind, message) = refused(&mut memory);
        assert_eq!(kind, FailureKind::JobFailed);
        let wanted = format!(
            "The approvals satisfy the rule, but the artifact BuildOutput may not be what people \
             approved: {ARTIFACT} was written at {written}, and the first approval that counts was \
             opened at 2026-11-22T10:00:00Z."
        );
        assert!(message.starts_with(&wanted), "{message}");
        assert_eq!(memory.count(Operation::SIGN), 0);
    }
}

#[test]
fn an_artifact_without_a_place_is_an_error_and_not_left_out() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.details.artifacts.push(InputArtifact { name: Some("Other".to_owned()), place: None });
    let (kind, message) = refused(&mut memory);
    assert_eq!(kind, FailureKind::SystemUnavailable);
    assert!(message.ends_with("does not say where the input artifact Other is."), "{message}");
}

#[test]
fn a_proof_about_nothing_is_not_made() {
    let mut memory = Memory::approved_by_alice_and("bob");
    memory.details.artifacts.clear();
    memory.revisions.clear();
    for page in &mut memory.pages {
        page.retain(|entry| entry.attempt.action.as_deref() != Some("Source"));
    }
    let (kind, message) = refused(&mut memory);
    assert_eq!(kind, FailureKind::ConfigurationError);
    assert!(message.contains("a proof of it would be about nothing"), "{message}");
}

#[test]
fn the_log_says_that_a_satisfied_release_has_no_proof() {
    let mut memory = Memory::approved_by_alice_and("bob").with(Operation::SIGN, Fault::Refused);
    let outcome = run(&mut memory, &floor(), None);
    let verdicts: Vec<&Value> =
        outcome.journal.iter().filter_map(|line| line.get("Verdict")).collect();
    assert_eq!(verdicts, ["satisfied", "none", "none"]);
    assert!(matches!(only(outcome), Report::Failure(..)));
}
