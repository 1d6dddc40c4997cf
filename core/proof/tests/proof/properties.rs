//! What holds for all proofs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proof::{Envelope, ProblemCode, verify};
use proptest::prelude::*;
use proptest::sample::select;
use rule::{Attempt, Facts, Rule, Status};
use serde_json::{Value, json};

use crate::release::{
    Gate, around, codes, expect, facts, made, own_rule, sign, signed_facts, statement_of,
};

fn rule() -> Rule {
    Rule::floor(&own_rule().to_string()).unwrap()
}

/// An envelope in another form: other white space, keys in another order, keys that nobody knows.
fn reformatted(json: &str, pretty: bool, extra: bool, escaped: bool) -> String {
    let Value::Object(envelope) = serde_json::from_str(json).unwrap() else { panic!("{json}") };
    let mut members: Vec<(String, Value)> = envelope.into_iter().rev().collect();
    if extra {
        members.insert(0, ("mediaType".to_owned(), json!({"any": [1, null]})));
    }
    // A map would sort the keys.
    let written = members.iter().map(|(name, value)| {
        let value =
            if pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() };
        let space = if pretty { "\n\t " } else { "" };
        format!("{space}\"{name}\"{space}:{space}{value}{space}")
    });
    let written = format!("{{{}}}\n", written.collect::<Vec<_>>().join(","));
    if escaped { written.replace("application/", "\\u0061pplication\\/") } else { written }
}

proptest! {
    #[test]
    fn an_envelope_may_be_reformatted(pretty: bool, extra: bool, escaped: bool, by_people: bool) {
        let facts = signed_facts();
        let (gate, proof) = (Gate::new(), made(&facts));
        let key = gate.public();
        let proof = gate.sign(proof);
        let text = reformatted(&proof.to_json(), pretty, extra, escaped);
        let read = Envelope::parse(&text).unwrap();
        prop_assert_eq!(&read, &proof);
        verify(&read, &rule(), &expect(Some(&key).filter(|_| !by_people), facts.now)).unwrap();
    }

    /// Facts are written so that a reader of them judges the same.
    #[test]
    fn facts_are_read_as_they_were_written(drop in 0..4_usize, signed: bool) {
        let mut facts = if signed { signed_facts() } else { facts() };
        facts.attempts.truncate(4 - drop);
        let json = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
    }

    /// Without the gate's key, a proof shows a release if and only if two different people signed.
    #[test]
    fn without_the_gates_key_only_signatures_count(
        a in select(vec![None, Some("alice"), Some("bob")]),
        b in select(vec![None, Some("alice"), Some("bob"), Some("carol")]),
    ) {
        let mut facts = facts();
        let proof = statement_of(&made(&facts));
        for (action, person) in [("ApprovalA", a), ("ApprovalB", b)] {
            person.iter().for_each(|person| sign(&mut facts, action, person));
        }
        let mut proof = proof;
        proof["predicate"]["facts"] = json!(facts);
        let verified = verify(&around(&proof), &rule(), &expect(None, facts.now));
        let enough = a.is_some() && b.is_some() && a != b;
        prop_assert_eq!(verified.is_ok(), enough, "{:?} {:?}", a, b);
    }

    /// The gate signs what it knows. What it does not know lowers the count.
    #[test]
    fn what_is_removed_from_the_facts_never_makes_a_refusal_a_pass(
        defect in 0..6_usize,
        removed in proptest::collection::vec((0..5_usize, select(vec![
            "stage", "action", "id", "started", "updated", "answered", "error", "comment",
            "revision", "region", "invoked", "approver", "history", "state",
        ])), 0..6),
    ) {
        let mut facts = signed_facts();
        let gate = Gate::new();
        let mut proof = statement_of(&made(&facts));
        match defect {
            0 => sign(&mut facts, "ApprovalB", "alice"),
            1 => facts.attempts[1].status = Status::InProgress,
            2 => facts.attempts[0].status = Status::Failed,
            3 => facts.attempts[1].approver.history = None,
            // bob rejects it after it was asked for again.
            4 => {
                let rejection = Attempt {
                    id: Some("b0000000-0000-4000-8000-000000000002".to_owned()),
                    status: Status::Failed,
                    started: Some(facts.now),
                    updated: Some(facts.now),
                    ..facts.attempts[1].clone()
                };
                facts.attempts.push(rejection);
            }
            _ => facts.attempts[0].id = facts.attempts[1].id.clone(),
        }
        if defect == 3 {
            facts.attempts[1].approver.state = None;
            facts.attempts[1].comment = None;
        }
        let mut attempts = json!(facts.attempts);
        for (index, member) in removed {
            let Some(attempt) = attempts.get_mut(index) else { continue };
            match member {
                "approver" => attempt["approver"] = json!({}),
                "history" | "state" => attempt["approver"][member] = Value::Null,
                _ => attempt[member] = Value::Null,
            }
        }
        proof["predicate"]["facts"] = json!(facts);
        let key = gate.public();
        // Otherwise an approval without its broken signature is an unsigned one.
        let rule = json!({"requireSignature": true, "signingKeys": own_rule()["signingKeys"]});
        let rule = Rule::floor(&rule.to_string()).unwrap();
        let judged = |proof: &Value| {
            verify(&gate.sign(around(proof)), &rule, &expect(Some(&key), facts.now)).is_ok()
        };
        prop_assert!(!judged(&proof));
        proof["predicate"]["facts"]["attempts"] = attempts;
        prop_assert!(!judged(&proof));
    }
}

#[test]
fn one_flipped_bit_of_payload_or_signature_is_refused() {
    let facts = signed_facts();
    let gate = Gate::new();
    let key = gate.public();
    let expect = expect(Some(&key), facts.now);
    let json: Value = serde_json::from_str(&gate.sign(made(&facts)).to_json()).unwrap();
    let bytes = |text: &Value| STANDARD.decode(text.as_str().unwrap()).unwrap();
    let (payload, signature) = (bytes(&json["payload"]), bytes(&json["signatures"][0]["sig"]));
    let refused = |json: &Value| {
        let proof = Envelope::parse(&json.to_string()).unwrap();
        codes(verify(&proof, &rule(), &expect)) == [ProblemCode::EnvelopeSignature]
    };
    let flipped = |bytes: &[u8], at: usize, bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << bit;
        json!(STANDARD.encode(bytes))
    };
    for at in 0..payload.len() {
        let mut json = json.clone();
        json["payload"] = flipped(&payload, at, at % 8);
        assert!(refused(&json), "payload, byte {at}");
    }
    for (at, bit) in (0..signature.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut json = json.clone();
        json["signatures"][0]["sig"] = flipped(&signature, at, bit);
        assert!(refused(&json), "signature, bit {bit} of byte {at}");
    }
    assert!(!refused(&json));
}

/// DSSE allows several signatures. One of the given key is enough, in any place.
#[test]
fn other_signatures_of_an_envelope_change_nothing() {
    let facts = signed_facts();
    let (gate, other) = (Gate::new(), Gate::new());
    let key = gate.public();
    let both = other.sign(gate.sign(other.sign(made(&facts))));
    verify(&both, &rule(), &expect(Some(&key), facts.now)).unwrap();
    let without = other.sign(made(&facts));
    let found = codes(verify(&without, &rule(), &expect(Some(&key), facts.now)));
    assert_eq!(found, [ProblemCode::EnvelopeSignature]);
}
