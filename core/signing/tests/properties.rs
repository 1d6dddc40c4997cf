//! What holds for all statements, signatures, keys and comments.

#![cfg(test)]

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use signing::{
    Answer, Approval, Assertion, Desk, Nonce, Signature, SigningKey, Statement, StatementError,
};

/// The facts about an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    /// Pipeline, execution, stage, action, attempt.
    names: [String; 5],
    answer: Answer,
    revisions: BTreeSet<String>,
}

impl Facts {
    fn with_approval<T>(&self, run: impl FnOnce(&Approval<'_>) -> T) -> T {
        let [pipeline, execution, stage, action, attempt] = &self.names;
        let revisions: Vec<&str> = self.revisions.iter().map(String::as_str).collect();
        let (answer, revisions) = (self.answer, &revisions);
        run(&Approval { pipeline, execution, stage, action, attempt, answer, revisions })
    }

    fn statement(&self, nonce: &Nonce) -> Result<Statement, StatementError> {
        self.with_approval(|approval| Statement::new(approval, nonce))
    }

    /// Reads a statement as its format says: nine lines, each with a field.
    fn read(statement: &str) -> Self {
        let lines: Vec<&str> = statement.split('\n').collect();
        let [first, p, e, s, a, t, answer, revisions, nonce, ""] = lines.as_slice() else {
            panic!("{statement}")
        };
        assert_eq!((*first, nonce.len()), ("two-person-rule approval v1", 6 + 22));
        let field = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
        let revisions = field(revisions, "revisions ");
        Self {
            names: [
                field(p, "pipeline "),
                field(e, "execution "),
                field(s, "stage "),
                field(a, "action "),
                field(t, "attempt "),
            ],
            answer: match *answer {
                "answer Approved" => Answer::Approved,
                "answer Rejected" => Answer::Rejected,
                other => panic!("{other}"),
            },
            revisions: match revisions.as_str() {
                "-" => BTreeSet::new(),
                some => some.split(' ').map(str::to_owned).collect(),
            },
        }
    }
}

/// Texts that could be mistaken for more than one field, and a few that differ little.
fn text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("a"),
        Just("A"),
        Just("-"),
        Just(" "),
        Just("\n"),
        Just("\r"),
        Just("\u{85}"),
        Just("\u{2028}"),
        Just("\nstage "),
        Just("answer Approved"),
        Just("é"),
    ];
    vec(parts, 0..4).prop_map(|parts| parts.concat())
}

fn facts() -> impl Strategy<Value = Facts> {
    let names = [text(), text(), text(), text(), text()];
    let answer = prop_oneof![Just(Answer::Approved), Just(Answer::Rejected)];
    let revisions = btree_set(text(), 0..3);
    (names, answer, revisions).prop_map(|(names, answer, revisions)| Facts {
        names,
        answer,
        revisions,
    })
}

/// Facts that a statement can be written about.
fn signable() -> impl Strategy<Value = Facts> {
    let names = ["[ab]{1,2}", "[ab]{1,2}", "[ab]{1,2}", "[ab]{1,2}", "[ab]{1,2}"];
    let answer = prop_oneof![Just(Answer::Approved), Just(Answer::Rejected)];
    (names, answer, btree_set("[ab]{1,2}", 0..3)).prop_map(|(names, answer, revisions)| Facts {
        names,
        answer,
        revisions,
    })
}

/// Pieces of a comment: most of a signature, and what could confuse its reader.
fn comment() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("[2pr1.".to_owned()),
        Just("[2pr".to_owned()),
        Just("s.".to_owned()),
        Just("p.".to_owned()),
        Just(".".to_owned()),
        Just("]".to_owned()),
        Just(" ".to_owned()),
        // A key id, a nonce and a signature of the right lengths.
        Just("AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA.".to_owned()),
        "[A-Za-z0-9_=-]{0,12}",
        any::<String>(),
    ];
    vec(parts, 0..8).prop_map(|parts| parts.concat())
}

fn key_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap()
}

fn key() -> SigningKey {
    SigningKey::ed25519(key_pair().public_key().as_ref()).unwrap()
}

fn sign(statement: &Statement) -> Signature {
    let signature = key_pair().sign(&statement.sshsig_bytes());
    Signature::from_ed25519(key().id(), statement, signature.as_ref())
}

proptest! {
    /// Two different approvals never have the same statement.
    #[test]
    fn a_statement_can_be_read_back(facts in facts(), nonce in any::<[u8; 16]>()) {
        if let Ok(statement) = facts.statement(&Nonce::new(nonce)) {
            prop_assert_eq!(Facts::read(&statement.to_string()), facts);
        } else {
            let is_suspect = |text: &String| text.is_empty() || text == "-" || text.contains(char::is_whitespace);
            prop_assert!(facts.names.iter().chain(&facts.revisions).any(is_suspect));
        }
    }

    #[test]
    fn a_signature_is_good_for_its_own_approval_only(
        signed in signable(),
        other in signable(),
        changed in 0..7_usize,
        nonce in any::<[u8; 16]>(),
    ) {
        let signature = sign(&signed.statement(&Nonce::new(nonce)).unwrap());
        let verify = |facts: &Facts| {
            facts.with_approval(|approval| key().verify(approval, &signature, None).is_ok())
        };
        prop_assert!(verify(&signed));
        prop_assert_eq!(verify(&other), signed == other);
        // One field of another approval.
        let mut mixed = signed.clone();
        match changed {
            5 => mixed.answer = other.answer,
            6 => mixed.revisions.clone_from(&other.revisions),
            name => mixed.names[name].clone_from(&other.names[name]),
        }
        prop_assert_eq!(verify(&mixed), signed == mixed);
    }

    #[test]
    fn a_signature_is_read_as_it_was_written(
        nonce in any::<[u8; 16]>(),
        fields in [vec(any::<u8>(), 1..80), vec(any::<u8>(), 1..80), vec(any::<u8>(), 1..80)],
        before in "[a-z ]{0,9}",
    ) {
        let facts = Facts {
            names: Default::default(),
            answer: Answer::Approved,
            revisions: BTreeSet::new(),
        };
        let statement = facts.statement(&Nonce::new(nonce)).unwrap();
        let desk = Desk::new("example.com", "https://example.com").unwrap();
        let [authenticator_data, signature, client_data_json] = fields;
        let usual = desk.client_data(&statement).into_bytes();
        let assertion = Assertion { authenticator_data, signature, client_data_json };
        let by_ssh = Signature::from_ssh(key().id(), &statement, assertion.signature.clone());
        let usual = Assertion { client_data_json: usual, ..assertion.clone() };
        let by_passkey = |one| Signature::from_passkey(key().id(), &statement, &desk, one);
        for signature in [by_ssh, by_passkey(assertion), by_passkey(usual)] {
            let comment = format!("{before} {signature}\n");
            prop_assert_eq!(Signature::from_comment(&comment), Ok(Some(signature)));
        }
    }

    #[test]
    fn any_comment_is_read_or_refused(comment in comment()) {
        match Signature::from_comment(&comment) {
            Ok(Some(signature)) => {
                let word = signature.to_string();
                prop_assert!(comment.split_whitespace().any(|one| one == word));
                prop_assert_eq!(comment.matches("[2pr1.").count(), 1);
            }
            Ok(None) => prop_assert!(!comment.contains("[2pr1.")),
            Err(_) => prop_assert!(comment.contains("[2pr")),
        }
    }

    /// An error that repeated the text could repeat a private key.
    #[test]
    fn any_text_is_a_key_or_is_refused_without_being_repeated(
        start in prop_oneof![
            Just(""),
            Just("passkey:"),
            Just("passkey:AA:"),
            Just("ssh-"),
            Just("ssh-ed25519 "),
        ],
        text in "[A-Za-z0-9_=:/+-]{20,200}",
        anything in any::<String>(),
    ) {
        let _ = anything.parse::<SigningKey>();
        match format!("{start}{text}").parse::<SigningKey>() {
            Ok(key) => prop_assert_eq!(key.to_string().parse(), Ok(key)),
            Err(error) => {
                let secret: String = text.chars().take(20).collect();
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains(&secret), "{}", shown);
            }
        }
    }
}
