//! One-field and one-bit changes of an example.

use serde_json::{Value, json};

use super::Vector;
use super::file::{Bits, Change};
use crate::codec::{decode, encode};
use crate::ecdsa::{ORDER, integer, negated, numbers, sequence};
use crate::ssh::{fields_of, strings};

struct List(Vec<Change>);

impl List {
    fn add(&mut self, what: impl Into<String>, patch: Value) {
        self.0.push(Change { what: what.into(), patch });
    }

    fn fact(&mut self, what: &str, name: &str, value: impl Into<Value>) {
        self.add(format!("{name}: {what}"), json!({ "facts": { name: value.into() } }));
    }

    fn comment(&mut self, what: impl Into<String>, comment: impl Into<String>) {
        self.add(what, json!({ "comment": comment.into() }));
    }
}

/// The names of the fields of a word.
fn names(vector: &Vector) -> &'static [&'static str] {
    if vector.is_passkey() {
        &["mark", "kind", "key id", "nonce", "authenticatorData", "signature", "clientDataJSON"]
    } else {
        &["mark", "kind", "key id", "nonce", "signature"]
    }
}

pub(super) fn bits(vector: &Vector) -> Vec<Bits> {
    let fields = vector.fields().into_iter().zip(names(vector)).enumerate().skip(2);
    fields.map(|(field, (text, what))| Bits { what, field, bits: decode(text).len() * 8 }).collect()
}

pub(super) fn fail(vector: &Vector, all: &[Vector]) -> Vec<Change> {
    let mut list = List(Vec::new());
    facts(&mut list, vector);
    keys_and_desks(&mut list, vector, all);
    words(&mut list, vector);
    fields(&mut list, vector, all);
    encodings(&mut list, vector);
    list.0
}

pub(super) fn hold(vector: &Vector) -> Vec<Change> {
    let mut list = List(Vec::new());
    let word = vector.word();
    list.comment("nothing around the signature", word);
    list.comment("other words around the signature", format!("checked\tby me\n{word}  thanks"));
    let revisions = &vector.case.facts.revisions;
    if !revisions.is_empty() {
        let reversed: Vec<&String> = revisions.iter().rev().collect();
        list.fact("in another order", "revisions", json!(reversed));
        let repeated: Vec<&String> = revisions.iter().chain(revisions).collect();
        list.fact("each twice", "revisions", json!(repeated));
    }
    if !vector.is_passkey() {
        list.add("no desk", json!({ "desk": null }));
        let commented = format!("{} alice@laptop", vector.case.signing_key);
        list.add("the key with a comment", json!({ "signingKey": commented }));
    }
    if vector.name() == "passkey, ES256" {
        let (r, s) = numbers(&decode(vector.fields()[5]));
        let second = sequence(&[integer(&r), integer(&negated(&s))].concat());
        list.comment(
            "the second signature (r, n - s), which anybody can compute",
            vector.word_with(5, &encode(&second)),
        );
    }
    if vector.name() == "ssh, ECDSA P-256" {
        let [algorithm, r, s] = ssh_numbers(vector);
        let second = [&[0], &negated(&s)[..]].concat();
        list.comment(
            "the second signature (r, n - s), which anybody can compute",
            vector.word_with(4, &ssh_signature(&algorithm, &r, &second)),
        );
    }
    list.0
}

/// A signature cannot be moved to another approval.
fn facts(list: &mut List, vector: &Vector) {
    for name in ["pipeline", "execution", "stage", "action", "attempt", "answer"] {
        let value = vector.json["facts"][name].as_str().unwrap();
        list.fact("empty", name, "");
        list.fact("longer", name, format!("{value}x"));
        list.fact("a space more", name, format!("{value} "));
        list.fact("a line break more", name, format!("{value}\n"));
        list.fact("a line of its own more", name, format!("{value}\nstage Release"));
        list.fact("in capitals", name, value.to_uppercase());
        let mut bytes = value.as_bytes().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        list.fact("one bit", name, String::from_utf8(bytes).unwrap());
    }
    let facts = &vector.case.facts;
    list.fact("that of the attempt", "execution", facts.attempt.as_str());
    list.fact("that of the execution", "attempt", facts.execution.as_str());
    list.fact("the other one", "action", "ApprovalB");
    list.fact("the other one", "answer", "Rejected");
    let revisions = &facts.revisions;
    let more = |one: &str| json!([&revisions[..], &[one.to_owned()]].concat());
    for one in ["0000000000000000000000000000000000000000", "", "-", "a b", "a\n", "nonce"] {
        list.fact(&format!("{one:?} more"), "revisions", more(one));
    }
    if let Some((first, rest)) = revisions.split_first() {
        list.fact("one less", "revisions", json!(rest));
        list.fact("none", "revisions", json!([]));
        list.fact("joined", "revisions", json!([revisions.join(" ")]));
        let mut changed = revisions.clone();
        changed[0] = first.to_uppercase();
        list.fact("one in capitals", "revisions", json!(changed));
    }
}

fn keys_and_desks(list: &mut List, vector: &Vector, all: &[Vector]) {
    for other in all.iter().filter(|other| other.name() != vector.name()) {
        let key = &other.case.signing_key;
        list.add(format!("the key of `{}`", other.name()), json!({ "signingKey": key }));
    }
    if vector.is_passkey() {
        list.add("no desk", json!({ "desk": null }));
        for (rp_id, origin) in [
            ("example.com", "https://approve.example.com"),
            ("approve.example.com", "https://x.approve.example.com"),
            ("approve.example.com", "https://approve.example.com:8443"),
            ("approve.example.org", "https://approve.example.org"),
        ] {
            let desk = json!({ "rpId": rp_id, "origin": origin });
            list.add(format!("the desk {origin} of {rp_id}"), json!({ "desk": desk }));
        }
    }
}

/// The word as a whole.
fn words(list: &mut List, vector: &Vector) {
    let word = vector.word();
    list.comment("no signature", "reviewed");
    list.comment("twice", format!("{word} {word}"));
    list.comment("a second one that is broken", format!("{word} [2pr1.s.x]"));
    list.comment("joined to a word before", format!("see{word}"));
    list.comment("joined to a word after", format!("{word}."));
    list.comment("in parentheses", format!("({word})"));
    list.comment("a space inside", word.replace("[2pr1.", "[2pr1. "));
    list.comment("no bracket at the end", word.trim_end_matches(']'));
    list.comment("padded", word.replace(']', "=]"));
    list.comment("an empty field more", word.replace(']', ".]"));
    list.comment("two fields more", word.replace(']', ".AA.AA]"));
    list.comment("another version", word.replace("[2pr1.", "[2pr2."));
    list.comment("in capitals", word.replace("[2pr1.", "[2PR1."));
    let kind = if vector.is_passkey() { "s" } else { "p" };
    list.comment("the other kind", vector.word_with(1, kind));
    list.comment("an unknown kind", vector.word_with(1, "x"));
}

/// The fields of the word.
fn fields(list: &mut List, vector: &Vector, all: &[Vector]) {
    let fields = vector.fields();
    for (place, name) in names(vector).iter().enumerate().take(fields.len()).skip(2) {
        list.comment(format!("{name}: empty"), vector.word_with(place, ""));
        let bytes = decode(fields[place]);
        let (_, shorter) = bytes.split_last().unwrap();
        list.comment(format!("{name}: a byte less"), vector.word_with(place, &encode(shorter)));
        let longer = [&bytes[..], &[0]].concat();
        list.comment(format!("{name}: a byte more"), vector.word_with(place, &encode(&longer)));
        let without: Vec<&str> =
            fields.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, one)| *one).collect();
        // Without clientDataJSON, it would have the usual form.
        list.comment(format!("{name}: left out"), format!("{}]", without.join(".")));
        let same_kind = all.iter().filter(|other| other.is_passkey() == vector.is_passkey());
        for other in same_kind {
            let theirs = other.fields().get(place).copied().unwrap_or("e30");
            if theirs != fields[place] {
                let what = format!("{name}: that of `{}`", other.name());
                list.comment(what, vector.word_with(place, theirs));
            }
        }
    }
}

/// The same numbers in another form, or others.
fn encodings(list: &mut List, vector: &Vector) {
    if vector.name() == "ssh, ECDSA P-256" {
        return ssh_encodings(list, vector);
    }
    if vector.name() != "passkey, ES256" {
        return;
    }
    let (r, s) = numbers(&decode(vector.fields()[5]));
    let (first, second) = (integer(&r), integer(&s));
    let zero_before = |number: &[u8]| [&[2, number[1] + 1, 0], &number[2..]].concat();
    let content = [&first[..], &second].concat();
    let length = u8::try_from(content.len()).unwrap();
    let signatures = [
        ("a zero before r", sequence(&[&zero_before(&first)[..], &second].concat())),
        ("a zero before s", sequence(&[&first[..], &zero_before(&second)].concat())),
        ("a long length", [&[0x30, 0x81, length], &content[..]].concat()),
        ("no length", [&[0x30, 0x80], &content[..], &[0, 0]].concat()),
        ("a third number", sequence(&[&content[..], &[2, 1, 0]].concat())),
        ("64 bytes", [vec![0; 32 - r.len()], r.clone(), vec![0; 32 - s.len()], s].concat()),
        ("r and s swapped", sequence(&[&second[..], &first].concat())),
        ("n - r", sequence(&[&integer(&negated(&r))[..], &second].concat())),
        ("r is n", sequence(&[&integer(&ORDER)[..], &second].concat())),
        ("s is n", sequence(&[&first[..], &integer(&ORDER)].concat())),
        ("s is 0", sequence(&[&first[..], &[2, 1, 0]].concat())),
        ("r and s are 0", sequence(&[2, 1, 0, 2, 1, 0])),
    ];
    for (what, signature) in signatures {
        let word = vector.word_with(5, &encode(&signature));
        list.comment(format!("ECDSA: {what}"), word);
    }
}

/// The algorithm and the two numbers, with the zeros in front of them.
fn ssh_numbers(vector: &Vector) -> [Vec<u8>; 3] {
    let [algorithm, value] = fields_of(&decode(vector.fields()[4])).try_into().unwrap();
    let [r, s] = fields_of(&value).try_into().unwrap();
    [algorithm, r, s]
}

fn ssh_signature(algorithm: &[u8], r: &[u8], s: &[u8]) -> String {
    encode(&strings(&[algorithm, &strings(&[r, s])]))
}

fn ssh_encodings(list: &mut List, vector: &Vector) {
    let [algorithm, r, s] = ssh_numbers(vector);
    let negative = |number: &[u8]| number.strip_prefix(&[0]).unwrap().to_vec();
    let mut add = |what: &str, r: &[u8], s: &[u8]| {
        let word = vector.word_with(4, &ssh_signature(&algorithm, r, s));
        list.comment(format!("ECDSA: {what}"), word);
    };
    let order = [&[0], &ORDER[..]].concat();
    add("without the zero of r, which makes it negative", &negative(&r), &s);
    add("without the zero of s, which makes it negative", &r, &negative(&s));
    add("r and s swapped", &s, &r);
    add("r is n", &order, &s);
    add("s is n", &r, &order);
    add("s is 0", &r, &[]);
    add("r and s are 0", &[], &[]);
    let third = encode(&strings(&[&algorithm[..], &strings(&[&r, &s, &[1][..]])]));
    list.comment("ECDSA: a third number", vector.word_with(4, &third));
}
