//! Examples that other programs made (`vectors.json`): each verifies, and stops verifying if one
//! field or one bit changes.

#![cfg(test)]

use serde::Deserialize;
use signing::{Answer, Approval, BadSignature, Desk, Signature, SigningKey, Statement};

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    facts: Facts,
    statement: String,
    signing_key: String,
    desk: Option<Site>,
    signature: String,
    comment: String,
}

#[derive(Clone, Deserialize)]
struct Facts {
    pipeline: String,
    execution: String,
    stage: String,
    action: String,
    attempt: String,
    answer: String,
    revisions: Vec<String>,
    nonce: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Site {
    rp_id: String,
    origin: String,
}

impl Vector {
    fn key(&self) -> SigningKey {
        self.signing_key.parse().unwrap()
    }

    fn desk(&self) -> Option<Desk> {
        self.desk.as_ref().map(|site| Desk::new(&site.rp_id, &site.origin).unwrap())
    }

    fn signature(&self) -> Signature {
        Signature::from_comment(&self.comment).unwrap().unwrap()
    }

    /// Whether the signature in the comment verifies over the facts.
    fn verify(&self) -> Result<(), BadSignature> {
        self.with_approval(|approval| {
            self.key().verify(approval, &self.signature(), self.desk().as_ref()).map(drop)
        })
    }

    fn with_approval<T>(&self, run: impl FnOnce(&Approval<'_>) -> T) -> T {
        let Facts { pipeline, execution, stage, action, attempt, answer, revisions, .. } =
            &self.facts;
        let revisions: Vec<&str> = revisions.iter().map(String::as_str).collect();
        let answer = if answer == "Approved" { Answer::Approved } else { Answer::Rejected };
        run(&Approval {
            pipeline,
            execution,
            stage,
            action,
            attempt,
            answer,
            revisions: &revisions,
        })
    }
}

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    assert!(vectors.len() >= 5);
    vectors
}

#[test]
fn each_statement_is_as_written() {
    for vector in vectors() {
        let nonce = *vector.signature().nonce();
        assert_eq!(nonce.to_string(), vector.facts.nonce, "{}", vector.name);
        let statement = vector.with_approval(|approval| Statement::new(approval, &nonce)).unwrap();
        assert_eq!(statement.to_string(), vector.statement, "{}", vector.name);
    }
}

#[test]
fn each_signature_verifies_and_is_written_as_it_was_read() {
    for vector in vectors() {
        assert_eq!(vector.verify(), Ok(()), "{}", vector.name);
        assert_eq!(vector.signature().to_string(), vector.signature, "{}", vector.name);
    }
}

/// A signature cannot be replayed onto another approval.
#[test]
fn no_signature_verifies_over_another_approval() {
    type Change = (&'static str, fn(&mut Facts));
    let changes: [Change; 9] = [
        ("pipeline", |facts| facts.pipeline.push('x')),
        ("execution", |facts| facts.execution = facts.attempt.clone()),
        ("stage", |facts| facts.stage = "release".to_owned()),
        ("action", |facts| facts.action = "ApprovalB".to_owned()),
        ("attempt", |facts| facts.attempt = facts.execution.clone()),
        ("answer", |facts| facts.answer = "Rejected".to_owned()),
        ("a revision less", |facts| drop(facts.revisions.pop())),
        ("a revision more", |facts| facts.revisions.push("0".repeat(40))),
        ("no revision", |facts| facts.revisions.clear()),
    ];
    for vector in vectors() {
        for (change, apply) in changes {
            let mut other = vector.clone();
            apply(&mut other.facts);
            if other.facts.revisions.is_empty() && vector.facts.revisions.is_empty() {
                continue;
            }
            assert!(other.verify().is_err(), "{}: {change}", vector.name);
        }
        let mut reordered = vector.clone();
        reordered.facts.revisions.reverse();
        reordered.facts.revisions.extend(vector.facts.revisions.clone());
        assert_eq!(reordered.verify(), Ok(()), "{}: order and repeats do not matter", vector.name);
    }
}

#[test]
fn no_signature_verifies_by_another_key_or_on_another_desk() {
    let vectors = vectors();
    for vector in &vectors {
        for other in vectors.iter().filter(|other| other.signing_key != vector.signing_key) {
            let mut wrong = vector.clone();
            wrong.signing_key.clone_from(&other.signing_key);
            assert_eq!(wrong.verify(), Err(BadSignature::OtherKey), "{}", vector.name);
        }
        if vector.signing_key.starts_with("passkey:") {
            let mut elsewhere = vector.clone();
            for (rp_id, origin) in [
                ("example.com", "https://approve.example.com"),
                ("approve.example.com", "https://x.approve.example.com"),
                ("approve.example.com", "https://approve.example.com:8443"),
                ("approve.example.org", "https://approve.example.org"),
            ] {
                let (rp_id, origin) = (rp_id.to_owned(), origin.to_owned());
                elsewhere.desk = Some(Site { rp_id, origin });
                assert!(elsewhere.verify().is_err(), "{}: {:?}", vector.name, elsewhere.desk());
            }
            elsewhere.desk = None;
            assert_eq!(elsewhere.verify(), Err(BadSignature::NoDesk), "{}", vector.name);
        }
    }
}

/// Every character of the signature, replaced by others that change one bit, several bits or the
/// form: the result is broken, or it does not verify.
#[test]
fn no_changed_signature_verifies() {
    const ALPHABET: &str = "ABCEIQg_.";
    for vector in vectors() {
        let (mut broken, mut bad) = (0, 0);
        for (place, old) in vector.signature.char_indices() {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mut changed = vector.signature.clone();
                changed.replace_range(place..=place, new.encode_utf8(&mut [0; 4]));
                match Signature::from_comment(&changed) {
                    Err(_) | Ok(None) => broken += 1,
                    Ok(Some(signature)) => {
                        let verified = vector.with_approval(|approval| {
                            vector.key().verify(approval, &signature, vector.desk().as_ref())
                        });
                        assert!(verified.is_err(), "{}: {changed}", vector.name);
                        bad += 1;
                    }
                }
            }
        }
        assert!(broken > 50 && bad > 500, "{}: {broken} {bad}", vector.name);
    }
}

#[test]
fn a_cut_lengthened_or_doubled_signature_never_verifies() {
    for vector in vectors() {
        for kept in 0..vector.signature.len() {
            let cut: String = vector.signature.chars().take(kept).collect();
            assert!(!matches!(Signature::from_comment(&cut), Ok(Some(_))), "{cut}");
        }
        let signature = &vector.signature;
        for comment in [
            format!("{signature} {signature}"),
            format!("see{signature}"),
            format!("({signature})"),
            format!("{signature}."),
            signature.replace("[2pr1.", "[2pr1. "),
            signature.replace(']', "=]"),
            signature.replace(']', ".]"),
            signature.replace(']', ".AA.AA]"),
        ] {
            assert!(Signature::from_comment(&comment).is_err(), "{comment}");
        }
        let spaced = format!("checked\tby me\n{signature}  thanks");
        assert_eq!(Signature::from_comment(&spaced).unwrap(), Some(vector.signature()));
    }
}
