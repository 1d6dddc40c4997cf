//! Fuzzes the reader of proofs with mutated proofs, the same ones in every run.

use std::cell::Cell;

use proof::{Envelope, Verified, verify};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rule::Rule;
use serde_json::{Value, json};

use crate::release::{COMMIT, Gate, around, expect, made, own_rule, signed_facts, statement_of};

/// How many mutated proofs a test reads.
const CASES: u32 = 2_000;

/// One change somewhere in a document.
#[derive(Clone, Debug)]
enum Mutation {
    Remove(Index),
    /// Puts a copy of another part there.
    Copy(Index, Index),
    /// Doubles an entry of a list.
    Double(Index),
    Set(Index, Value),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let values = prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(0)),
        Just(json!(-1)),
        Just(json!(1e308)),
        Just(json!(u64::MAX)),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!("\u{0}\u{202e}\n")),
        Just(json!("9999-12-31T23:59:59.999999999Z")),
        Just(json!("-009999-01-01T00:00:00Z")),
        Just(json!("Succeeded")),
        Just(json!("Failed")),
        Just(json!("manualApproval")),
        Just(json!("unknown")),
        Just(json!("arn:aws:iam::111122223333:user/carol")),
        Just(json!("Staging")),
        any::<String>().prop_map(Value::String),
    ];
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Mutation::Remove),
        (at(), at()).prop_map(|(from, to)| Mutation::Copy(from, to)),
        at().prop_map(Mutation::Double),
        (at(), values).prop_map(|(at, value)| Mutation::Set(at, value)),
    ]
}

/// The places of a document, as JSON pointers.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, &format!("{place}/{}", name.replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{place}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mutate(document: &mut Value, mutation: &Mutation) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    let place = |at: &Index| found[at.index(found.len())].clone();
    match mutation {
        Mutation::Remove(at) | Mutation::Double(at) => {
            let place = place(at);
            let Some((parent, name)) = place.rsplit_once('/') else { return };
            match (document.pointer_mut(parent).unwrap(), mutation) {
                (Value::Object(members), Mutation::Remove(_)) => {
                    members.remove(&name.replace("~1", "/"));
                }
                (Value::Array(items), Mutation::Remove(_)) => {
                    items.remove(name.parse().unwrap());
                }
                (Value::Array(items), _) => {
                    let index: usize = name.parse().unwrap();
                    items.insert(index, items[index].clone());
                }
                _ => {}
            }
        }
        Mutation::Copy(from, to) => {
            let copied = document.pointer(&place(from)).unwrap().clone();
            *document.pointer_mut(&place(to)).unwrap() = copied;
        }
        Mutation::Set(at, value) => {
            *document.pointer_mut(&place(at)).unwrap() = value.clone();
        }
    }
}

/// Runs a test over the same random values every time.
fn over<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, random).run(strategy, test).unwrap();
}

/// Whether it is the release that alice and bob signed, and no other.
fn is_what_was_signed(verified: &Verified) -> bool {
    let facts = signed_facts();
    let record = verified.decision.record();
    let signers = record.approvals.iter().filter(|it| it.counted);
    let signers: Vec<_> = signers.map(|it| it.signature.as_ref().unwrap().signer.clone()).collect();
    (record.pipeline.as_str(), record.execution_id.as_str())
        == (facts.execution.pipeline.as_str(), facts.execution.id.as_str())
        && record.stage == "Approve"
        && signers == ["alice", "bob"]
        && verified.revisions == [COMMIT]
        && verified.artifacts.is_empty()
        && verified.environment.is_none()
}

/// Somebody who writes a file without the gate's key can show nothing but what people signed.
#[test]
fn a_mutated_statement_shows_what_people_signed_or_nothing() {
    let facts = signed_facts();
    let statement = statement_of(&made(&facts));
    let rule = Rule::floor(&own_rule().to_string()).unwrap();
    let shown = Cell::new(0);
    over(&proptest::collection::vec(mutation(), 1..4), |mutations| {
        let mut statement = statement.clone();
        mutations.iter().for_each(|mutation| mutate(&mut statement, mutation));
        if let Ok(verified) = verify(&around(&statement), &rule, &expect(None, facts.now)) {
            prop_assert!(is_what_was_signed(&verified), "{statement}");
            shown.update(|count| count + 1);
        }
        Ok(())
    });
    // Otherwise the mutations would be too coarse to find anything.
    assert!((CASES / 10..CASES).contains(&shown.get()), "{}", shown.get());
}

/// A gate that is wrong, or of another version, is refused or understood. It never ends a program.
#[test]
fn a_mutated_statement_with_a_signature_of_the_gate_is_read_without_a_panic() {
    let facts = signed_facts();
    let statement = statement_of(&made(&facts));
    let gate = Gate::new();
    let key = gate.public();
    let rule = json!({"excludeInitiator": true, "maxAgeMinutes": 60, "sharedRoles": "collapse"});
    let rule = Rule::floor(&rule.to_string()).unwrap();
    over(&proptest::collection::vec(mutation(), 1..4), |mutations| {
        let mut statement = statement.clone();
        mutations.iter().for_each(|mutation| mutate(&mut statement, mutation));
        let proof = gate.sign(around(&statement));
        if let Err(problems) = verify(&proof, &rule, &expect(Some(&key), facts.now)) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(
                    !problem.to_string().contains(['\n', '\u{0}', '\u{202e}']),
                    "{problem}"
                );
            }
        }
        Ok(())
    });
}

/// The text around the statement, changed byte by byte.
#[test]
fn a_mutated_envelope_shows_what_people_signed_or_nothing() {
    let facts = signed_facts();
    let gate = Gate::new();
    let key = gate.public();
    let rule = Rule::floor(&own_rule().to_string()).unwrap();
    let sound = gate.sign(made(&facts));
    let json = sound.to_json();
    let change = (any::<Index>(), any::<u8>(), 0..3_u8);
    over(&proptest::collection::vec(change, 1..4), |changes| {
        let mut bytes = json.clone().into_bytes();
        for (at, byte, what) in changes {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let Ok(proof) = Envelope::parse(&text) else { return Ok(()) };
        if verify(&proof, &rule, &expect(Some(&key), facts.now)).is_ok() {
            prop_assert_eq!(proof.signed_bytes(), sound.signed_bytes());
        }
        if let Ok(verified) = verify(&proof, &rule, &expect(None, facts.now)) {
            prop_assert!(is_what_was_signed(&verified), "{text}");
        }
        Ok(())
    });
}
