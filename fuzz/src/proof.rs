//! Proofs of a release.

use std::sync::LazyLock;

use ::proof::{Envelope, Expect, PublicKey, verify};
use ::rule::Rule;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The verifier's own rule, and a proof that people of it and a gate have signed.
const RULE: &str = include_str!("proof/rule.json");
const SIGNED: &str = include_str!("proof/signed.json");
const KEY: &str = include_str!("proof/gate.pem");

/// A statement that nobody has put into an envelope yet.
#[derive(Deserialize)]
struct Unsigned {
    statement: Value,
}

struct Known {
    rule: Rule,
    key: PublicKey,
    envelope: Envelope,
    now: Timestamp,
}

static KNOWN: LazyLock<Option<Known>> = LazyLock::new(|| {
    let known = Known {
        rule: Rule::floor(RULE).ok()?,
        key: KEY.parse().ok()?,
        envelope: Envelope::parse(SIGNED).ok()?,
        now: "2026-11-22T10:02:02Z".parse().ok()?,
    };
    for key in [None, Some(&known.key)] {
        assert!(verify(&known.envelope, &known.rule, &expect(key, known.now)).is_ok());
    }
    Some(known)
});

/// An envelope is written as it is read. With the gate's key, only what the gate signed is
/// accepted. Without it, only what two people of the rule have signed: this release, with its
/// revision, and nothing about artifacts, environments and times.
pub fn check(data: &[u8]) {
    let Some(known) = &*KNOWN else { return };
    if let Ok(Unsigned { statement }) = serde_json::from_slice(data) {
        verified(&Envelope::unsigned(statement.to_string().into_bytes()), known);
    }
    let Ok(json) = str::from_utf8(data) else { return };
    if let Ok(envelope) = Envelope::parse(json) {
        assert_eq!(Envelope::parse(&envelope.to_json()).ok().as_ref(), Some(&envelope));
        verified(&envelope, known);
    }
}

fn expect(key: Option<&PublicKey>, now: Timestamp) -> Expect<'_> {
    Expect { key, pipeline: None, environment: None, artifacts: &[], max_age: None, now }
}

fn verified(envelope: &Envelope, known: &Known) {
    if verify(envelope, &known.rule, &expect(Some(&known.key), known.now)).is_ok() {
        let signed = known.envelope.signed_bytes();
        assert_eq!(envelope.signed_bytes(), signed, "the gate never signed it");
    }
    let Ok(shown) = verify(envelope, &known.rule, &expect(None, known.now)) else { return };
    let record = shown.decision.record();
    assert_eq!(shown.revisions, ["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"]);
    assert_eq!(record.persons, ["person:alice", "person:bob"]);
    assert_eq!(record.execution_id, "3137f7cb-7cf7-4abc-9b2c-0123456789ab");
    assert_eq!(record.pipeline, "payments");
    assert_eq!(record.stage, "Approve");
    assert!(shown.artifacts.is_empty() && shown.environment.is_none());
    assert!(shown.made.is_none() && shown.expires.is_none() && !shown.signed_by_gate);
}
