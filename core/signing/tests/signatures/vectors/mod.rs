//! Examples that other programs made (`vectors.json`), and what must break them or must not
//! (`changes.json`, which the tests here write).

mod changes;
mod file;
mod signed;

use json_patch::merge;
use serde_json::Value;
use signing::{Approval, Signature, Statement};

use crate::case::Case;
use crate::codec::{decode, encode};
use file::{Change, Changes, changes};

/// An example with its case.
struct Vector {
    json: Value,
    case: Case,
}

impl Vector {
    fn all() -> Vec<Self> {
        let read = |json: Value| {
            let case = serde_json::from_value(json.clone()).unwrap();
            Self { json, case }
        };
        let vectors: Vec<Value> = serde_json::from_str(include_str!("../../vectors.json")).unwrap();
        assert!(vectors.len() >= 5);
        vectors.into_iter().map(read).collect()
    }

    fn text(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap()
    }

    fn name(&self) -> &str {
        self.text("name")
    }

    /// The word in the comment.
    fn word(&self) -> &str {
        self.text("signature")
    }

    /// The parts of the word between its dots: the mark, the kind, the key id, the nonce, …
    fn fields(&self) -> Vec<&str> {
        self.word().trim_end_matches(']').split('.').collect()
    }

    fn is_passkey(&self) -> bool {
        self.fields()[1] == "p"
    }

    /// The word with one field replaced.
    fn word_with(&self, place: usize, field: &str) -> String {
        let mut fields = self.fields();
        fields[place] = field;
        format!("{}]", fields.join("."))
    }

    fn with(&self, patch: &Value) -> Case {
        let mut json = self.json.clone();
        merge(&mut json, patch);
        serde_json::from_value(json).unwrap()
    }

    fn with_word(&self, word: &str) -> Case {
        Case { comment: word.to_owned(), ..self.case.clone() }
    }
}

#[test]
fn each_statement_is_as_written() {
    for vector in Vector::all() {
        let signature = Signature::from_comment(&vector.case.comment).unwrap().unwrap();
        let nonce = signature.nonce();
        assert_eq!(nonce.to_string(), vector.json["facts"]["nonce"], "{}", vector.name());
        let written =
            |approval: &Approval<'_>| Statement::new(approval, nonce).unwrap().to_string();
        let statement = vector.case.facts.with_approval(written).unwrap();
        assert_eq!(statement, vector.text("statement"), "{}", vector.name());
    }
}

#[test]
fn each_signature_verifies_and_is_written_as_it_was_read() {
    for vector in Vector::all() {
        assert!(vector.case.verify().is_ok(), "{}", vector.name());
        let signature = Signature::from_comment(&vector.case.comment).unwrap().unwrap();
        assert_eq!(signature.to_string(), vector.word());
    }
}

#[test]
fn the_list_of_changes_is_current() {
    let written = file::text(&changes());
    if written != include_str!("../../changes.json") {
        file::rewrite(&written);
        panic!("core/signing/tests/changes.json was not current and has been rewritten");
    }
    assert!(written.len() < 300_000, "{}", written.len());
}

#[test]
fn each_listed_change_breaks_the_signature() {
    for (vector, Changes { fail, .. }) in Vector::all().iter().zip(changes().changes) {
        assert!(fail.len() > 40, "{}: {}", vector.name(), fail.len());
        for Change { what, patch } in fail {
            assert!(vector.with(&patch).verify().is_err(), "{}: {what}", vector.name());
        }
    }
}

#[test]
fn what_is_listed_as_harmless_does_not_break_it() {
    for (vector, Changes { hold, .. }) in Vector::all().iter().zip(changes().changes) {
        for Change { what, patch } in hold {
            let verified = vector.with(&patch).verify();
            assert!(verified.is_ok(), "{}: {what}: {verified:?}", vector.name());
        }
    }
}

#[test]
fn each_changed_bit_breaks_the_signature() {
    for (vector, Changes { bits, .. }) in Vector::all().iter().zip(changes().changes) {
        let bytes: usize = vector.fields().iter().skip(2).map(|field| decode(field).len()).sum();
        assert_eq!(bits.iter().map(|field| field.bits).sum::<usize>(), bytes * 8);
        for field in bits {
            let old = decode(vector.fields()[field.field]);
            for bit in 0..field.bits {
                let mut new = old.clone();
                new[bit / 8] ^= 1 << (bit % 8);
                let changed = vector.with_word(&vector.word_with(field.field, &encode(&new)));
                assert!(changed.verify().is_err(), "{}: {} {bit}", vector.name(), field.what);
            }
        }
    }
}

#[test]
fn what_a_key_signed_in_the_wrong_way_is_bad() {
    let signed = changes().signed;
    assert!(signed.iter().filter(|example| !example.ok).count() > 25);
    for example in signed {
        let verified = example.case.verify();
        assert_eq!(verified.is_ok(), example.ok, "{}: {verified:?}", example.what);
    }
}

/// Every character of the signature, replaced by others that change one bit, several bits or the
/// form: the result is broken, or it does not verify.
#[test]
fn no_changed_signature_verifies() {
    const ALPHABET: &str = "ABCEIQg_.";
    for vector in Vector::all() {
        for (place, old) in vector.word().char_indices() {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mut changed = vector.word().to_owned();
                changed.replace_range(place..=place, new.encode_utf8(&mut [0; 4]));
                assert!(vector.with_word(&changed).verify().is_err(), "{changed}");
            }
        }
    }
}

#[test]
fn a_cut_signature_never_verifies() {
    for vector in Vector::all() {
        for kept in 0..vector.word().len() {
            let cut: String = vector.word().chars().take(kept).collect();
            assert!(vector.with_word(&cut).verify().is_err(), "{cut}");
        }
    }
}
