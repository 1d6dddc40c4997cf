//! Comments with signatures, and what verifies them.

use std::sync::LazyLock;

use serde::Deserialize;
use signing::{Answer, Approval, Desk, KeyKind, Nonce, Signature, SigningKey, Statement};

/// One signature, as `core/signing/tests/vectors.json` has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    facts: Facts,
    signing_key: String,
    desk: Option<Site>,
    comment: String,
}

#[derive(Deserialize)]
struct Facts {
    pipeline: String,
    execution: String,
    stage: String,
    action: String,
    attempt: String,
    answer: String,
    revisions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Site {
    rp_id: String,
    origin: String,
}

/// What other programs signed: the key, the statement and the site. Nobody else has these keys.
static SIGNED: LazyLock<Vec<(SigningKey, Statement, Option<Desk>)>> = LazyLock::new(|| {
    let vectors = include_str!("../../core/signing/tests/vectors.json");
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap_or_default();
    let signed: Vec<_> = vectors.iter().filter_map(accepted).collect();
    assert_eq!(signed.len(), vectors.len(), "a vector is refused");
    signed
});

/// A signature in a comment is written as it is read. If it is accepted, then one of the programs
/// that made the vectors signed this very statement with this very key for this very site.
pub fn check(data: &[u8]) {
    if let Ok(comment) = str::from_utf8(data) {
        reads_again(comment);
    }
    let Ok(vector) = serde_json::from_slice::<Vector>(data) else { return };
    reads_again(&vector.comment);
    if let Some((key, statement, desk)) = accepted(&vector) {
        let is_known = |known: &(SigningKey, Statement, Option<Desk>)| {
            // The credential of a passkey is not signed, and only finds the key. SSH keys know no
            // site.
            let is_for_it = key.kind() != KeyKind::Passkey || known.2 == desk;
            known.0.public_key() == key.public_key() && known.1 == statement && is_for_it
        };
        assert!(SIGNED.iter().any(is_known), "accepted, and nobody signed it: {statement}");
    }
}

/// The key, the statement and the site of a signature that is accepted.
fn accepted(vector: &Vector) -> Option<(SigningKey, Statement, Option<Desk>)> {
    let Vector { facts, signing_key, desk, comment } = vector;
    let revisions: Vec<&str> = facts.revisions.iter().map(String::as_str).collect();
    let approval = Approval {
        pipeline: &facts.pipeline,
        execution: &facts.execution,
        stage: &facts.stage,
        action: &facts.action,
        attempt: &facts.attempt,
        answer: match facts.answer.as_str() {
            "Approved" => Answer::Approved,
            _ => Answer::Rejected,
        },
        revisions: &revisions,
    };
    let key: SigningKey = signing_key.parse().ok()?;
    let desk = desk.as_ref().and_then(|site| Desk::new(&site.rp_id, &site.origin).ok());
    let signature = Signature::from_comment(comment).ok()??;
    key.verify(&approval, &signature, desk.as_ref()).ok()?;
    let statement = Statement::new(&approval, signature.nonce()).ok()?;
    Some((key, statement, desk))
}

fn reads_again(comment: &str) {
    let without = Signature::without(comment);
    match Signature::from_comment(comment) {
        Ok(Some(signature)) => {
            let word = signature.to_string();
            assert!(comment.split_whitespace().any(|it| it == word), "not canonical: {word}");
            assert_eq!(Signature::from_comment(&word), Ok(Some(signature)));
            assert_eq!(Signature::from_comment(&without), Ok(None), "{without}");
        }
        Ok(None) => assert_eq!(Signature::from_comment(&without), Ok(None), "{without}"),
        Err(_) => {}
    }
    let nonce = Nonce::new([7; 16]);
    let approval = Approval {
        pipeline: comment,
        execution: "",
        stage: "",
        action: "",
        attempt: "",
        answer: Answer::Approved,
        revisions: &[],
    };
    if let Ok(statement) = Statement::new(&approval, &nonce) {
        assert_eq!(statement.to_string().lines().count(), 9, "{statement}");
    }
}
