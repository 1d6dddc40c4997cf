//! A release, its people with their keys, and a key of the gate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use proof::{
    Artifact, Envelope, EnvelopeSignature, Expect, Made, Problem, ProblemCode, PublicKey, Sha256,
    Verified, statement,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use rule::{ActionKind, Attempt, Facts, Rule, decide};
use serde_json::{Value, json};
use signing::{Answer, Approval, Nonce, Signature, SigningKey, Statement};

pub(crate) const COMMIT: &str = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e";

/// A key of the gate.
pub(crate) struct Gate(EcdsaKeyPair);

impl Gate {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        // The base64 of 26 bytes would end in padding, so the key is encoded with them.
        let head = STANDARD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=").unwrap();
        let base64 = STANDARD.encode([&head, self.0.public_key().as_ref()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n").parse().unwrap()
    }

    pub(crate) fn sign(&self, envelope: Envelope) -> Envelope {
        let signature = self.0.sign(&SystemRandom::new(), &envelope.signed_bytes()).unwrap();
        let signature = signature.as_ref().to_vec();
        envelope
            .with_signature(EnvelopeSignature { key_id: "arn:aws:kms:…".to_owned(), signature })
    }
}

/// The release of one commit, which alice and bob approved without signatures.
pub(crate) fn facts() -> Facts {
    let fixture = include_str!("../../../rule/tests/fixtures/satisfied.json");
    let mut fixture: Value = serde_json::from_str(fixture).unwrap();
    fixture["facts"]["attempts"].as_array_mut().unwrap().push(json!({
        "stage": "Source", "action": "Source", "id": "5", "kind": "source",
        "status": "Succeeded", "approver": {}, "comment": null, "revision": COMMIT,
    }));
    serde_json::from_value(fixture["facts"].take()).unwrap()
}

/// The key of a person, which is the same in every test.
fn key_of(person: &str) -> Ed25519KeyPair {
    let mut seed = [0; 32];
    seed.iter_mut().zip(person.bytes()).for_each(|(to, from)| *to = from);
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

fn public_key_of(person: &str) -> SigningKey {
    SigningKey::ed25519(key_of(person).public_key().as_ref()).unwrap()
}

/// What a verifier without the gate's key asks: alice, bob and carol have signing keys.
pub(crate) fn own_rule() -> Value {
    let keys = ["alice", "bob", "carol"].map(|it| (it, [public_key_of(it).to_string()]));
    json!({
        "stage": "Approve",
        "actions": ["ApprovalA", "ApprovalB"],
        "signingKeys": serde_json::Map::from_iter(keys.map(|(it, key)| (it.to_owned(), json!(key)))),
    })
}

/// Has a person sign an approval.
pub(crate) fn sign(facts: &mut Facts, action: &str, person: &str) {
    let execution = facts.execution.clone();
    let is_it = |it: &&mut Attempt| {
        it.kind == ActionKind::ManualApproval && it.action.as_deref() == Some(action)
    };
    let attempt = facts.attempts.iter_mut().find(is_it).unwrap();
    let approval = Approval {
        pipeline: &execution.pipeline,
        execution: &execution.id,
        stage: attempt.stage.as_deref().unwrap(),
        action,
        attempt: attempt.id.as_deref().unwrap(),
        answer: Answer::Approved,
        revisions: &[COMMIT],
    };
    let statement = Statement::new(&approval, &Nonce::new([7; 16])).unwrap();
    let signature = key_of(person).sign(&statement.sshsig_bytes());
    let signature =
        Signature::from_ed25519(public_key_of(person).id(), &statement, signature.as_ref());
    attempt.comment = Some(signature.to_string());
    let arn = format!("arn:aws:iam::111122223333:user/{person}");
    attempt.approver.history = Some(arn.clone());
    attempt.approver.state = Some(arn);
}

/// The same release, signed by alice and bob.
pub(crate) fn signed_facts() -> Facts {
    let mut facts = facts();
    sign(&mut facts, "ApprovalA", "alice");
    sign(&mut facts, "ApprovalB", "bob");
    facts
}

pub(crate) fn artifact() -> Artifact {
    Artifact {
        name: "BuildOutput".to_owned(),
        uri: "s3://artifacts/payments/BuildOutpu/abc".to_owned(),
        sha256: Sha256::of(b"zip"),
    }
}

/// The proof of a release that its gate is satisfied with.
pub(crate) fn made(facts: &Facts) -> Envelope {
    let rule = Rule::floor(&own_rule().to_string()).unwrap();
    let decision = decide(&rule, facts).unwrap();
    let made = Made {
        version: "0.1.0",
        environment: Some("prod"),
        expires: Some(facts.now + SignedDuration::from_hours(24)),
        artifacts: &[artifact()],
    };
    statement(decision.satisfied().unwrap(), facts, &made).unwrap()
}

/// The statement in an envelope.
pub(crate) fn statement_of(envelope: &Envelope) -> Value {
    let envelope: Value = serde_json::from_str(&envelope.to_json()).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// An envelope around a statement, whatever it says.
pub(crate) fn around(statement: &Value) -> Envelope {
    Envelope::unsigned(statement.to_string().into_bytes())
}

pub(crate) fn expect(key: Option<&PublicKey>, now: jiff::Timestamp) -> Expect<'_> {
    Expect { key, pipeline: None, environment: None, artifacts: &[], max_age: None, now }
}

/// The codes of the problems, each once.
pub(crate) fn codes(verified: Result<Verified, Vec<Problem>>) -> Vec<ProblemCode> {
    let problems = verified.err().unwrap_or_default().into_iter();
    let mut codes: Vec<ProblemCode> = problems.map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
