//! Proofs that are made and verified, and proofs that are refused.

#![cfg(test)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use proof::{
    Artifact, Envelope, EnvelopeSignature, Expect, Given, Made, ProblemCode, PublicKey, Sha256,
    Verified, statement, verify,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use rule::{Facts, Rule, decide};
use serde_json::{Value, json};

const COMMIT: &str = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e";

/// A key of the gate.
struct Gate(EcdsaKeyPair);

impl Gate {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    fn public(&self) -> PublicKey {
        // The base64 of 26 bytes would end in padding, so the key is encoded with them.
        let head = STANDARD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=").unwrap();
        let base64 = STANDARD.encode([&head, self.0.public_key().as_ref()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n").parse().unwrap()
    }

    fn sign(&self, envelope: Envelope) -> Envelope {
        let signature = self.0.sign(&SystemRandom::new(), &envelope.signed_bytes()).unwrap();
        let signature = signature.as_ref().to_vec();
        envelope
            .with_signature(EnvelopeSignature { key_id: "arn:aws:kms:…".to_owned(), signature })
    }
}

/// The release of one commit, which alice and bob approved without signatures.
fn facts() -> Facts {
    let fixture = include_str!("../../rule/tests/fixtures/satisfied.json");
    let mut fixture: Value = serde_json::from_str(fixture).unwrap();
    fixture["facts"]["attempts"].as_array_mut().unwrap().push(json!({
        "stage": "Source", "action": "Source", "id": "5", "kind": "source",
        "status": "Succeeded", "approver": {}, "comment": null, "revision": COMMIT,
    }));
    serde_json::from_value(fixture["facts"].take()).unwrap()
}

fn artifact() -> Artifact {
    Artifact {
        name: "BuildOutput".to_owned(),
        uri: "s3://artifacts/payments/BuildOutpu/abc".to_owned(),
        sha256: Sha256::of(b"zip"),
    }
}

fn made(facts: &Facts) -> Envelope {
    let decision = decide(&Rule::default(), facts).unwrap();
    let made = Made {
        version: "0.1.0",
        environment: Some("prod"),
        expires: Some(facts.now + SignedDuration::from_hours(24)),
        artifacts: &[artifact()],
    };
    statement(decision.satisfied().unwrap(), facts, &made).unwrap()
}

fn expect(key: Option<&PublicKey>, now: Timestamp) -> Expect<'_> {
    Expect { key, pipeline: None, environment: None, artifacts: &[], max_age: None, now }
}

fn codes(verified: Result<Verified, Vec<proof::Problem>>) -> Vec<ProblemCode> {
    verified.err().unwrap_or_default().into_iter().map(|problem| problem.code).collect()
}

#[test]
fn a_proof_of_the_gate_shows_its_release() {
    let (gate, facts) = (Gate::new(), facts());
    let json = gate.sign(made(&facts)).to_json();
    let proof = Envelope::parse(&json).unwrap();
    let key = gate.public();
    let given = Given { name: None, file: "out.zip".to_owned(), sha256: Sha256::of(b"zip") };
    let expect = Expect {
        pipeline: Some("payments"),
        environment: Some("prod"),
        artifacts: &[given],
        max_age: Some(SignedDuration::from_hours(1)),
        ..expect(Some(&key), facts.now)
    };
    let verified = verify(&proof, &Rule::default(), &expect).unwrap();
    assert_eq!(verified.revisions, [COMMIT]);
    assert_eq!(verified.artifacts, [artifact()]);
    assert_eq!(verified.decision.record().persons, ["handle:alice", "handle:bob"]);
}

#[test]
fn without_the_gates_key_an_unsigned_approval_is_nobodys() {
    let facts = facts();
    let found = codes(verify(&made(&facts), &Rule::default(), &expect(None, facts.now)));
    assert!(found.contains(&ProblemCode::OwnRule), "a rule without keys can verify no signature");
    let alice = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
    let judged = |rule: Value| {
        let rule = Rule::floor(&rule.to_string()).unwrap();
        codes(verify(&made(&facts), &rule, &expect(None, facts.now)))
    };
    let keys = json!({"alice": [alice]});
    let named =
        json!({"signingKeys": keys, "stage": "Approve", "actions": ["ApprovalA", "ApprovalB"]});
    let found = judged(named.clone());
    assert!(found.iter().all(|code| *code == ProblemCode::NotSatisfied), "{found:?}");
    assert!(!found.is_empty());
    for missing in ["stage", "actions"] {
        let mut rule = named.clone();
        rule.as_object_mut().unwrap().remove(missing);
        assert!(judged(rule).contains(&ProblemCode::NeedsTheGatesKey), "{missing}");
    }
}

#[test]
fn without_the_gates_key_nobody_says_what_a_rollback_releases() {
    let mut facts = facts();
    let proof = made(&facts);
    facts.attempts.pop();
    let found = codes(verify(&made(&facts), &Rule::default(), &expect(None, facts.now)));
    assert_eq!(found, [ProblemCode::NeedsTheGatesKey, ProblemCode::OwnRule]);
    let found = codes(verify(&proof, &Rule::default(), &expect(None, facts.now)));
    assert_eq!(found, [ProblemCode::OwnRule], "with its revision");
}

#[test]
fn what_differs_from_what_was_asked_is_refused_by_its_code() {
    let (gate, facts) = (Gate::new(), facts());
    let (proof, key) = (gate.sign(made(&facts)), gate.public());
    let now = facts.now;
    let other = Given { name: None, file: "out.zip".to_owned(), sha256: Sha256::of(b"other") };
    let renamed = Given { name: Some("Other".to_owned()), ..other.clone() };
    let base = || expect(Some(&key), now);
    let hour = SignedDuration::from_hours(1);
    for (code, expect) in [
        (ProblemCode::AnotherPipeline, Expect { pipeline: Some("shop"), ..base() }),
        (ProblemCode::AnotherEnvironment, Expect { environment: Some("test"), ..base() }),
        (ProblemCode::ArtifactNotNamed, Expect { artifacts: &[other], ..base() }),
        (ProblemCode::ArtifactNotNamed, Expect { artifacts: &[renamed], ..base() }),
        (ProblemCode::Expired, Expect { now: now + hour * 24, ..base() }),
        (ProblemCode::TooOld, Expect { now: now + hour * 2, max_age: Some(hour), ..base() }),
        (ProblemCode::FromTheFuture, Expect { now: now - hour, ..base() }),
        (ProblemCode::EnvelopeSignature, Expect { key: Some(&Gate::new().public()), ..base() }),
    ] {
        let found = codes(verify(&proof, &Rule::default(), &expect));
        assert_eq!(found, [code]);
    }
    let three = Rule::floor(r#"{"quorum": 3}"#).unwrap();
    assert!(codes(verify(&proof, &three, &base())).contains(&ProblemCode::NotSatisfied));
}
