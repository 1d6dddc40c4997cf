//! The file `changes.json`. Its format is described in `core/signing/tests/README.md`.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Vector, changes as lists, signed};
use crate::case::Case;

pub(super) struct File {
    pub(super) changes: Vec<Changes>,
    pub(super) signed: Vec<Signed>,
}

/// What can be changed about an example of `vectors.json`.
pub(super) struct Changes {
    vector: String,
    /// Each must break the signature.
    pub(super) fail: Vec<Change>,
    /// Every bit of these fields must do so too.
    pub(super) bits: Vec<Bits>,
    /// None of these must.
    pub(super) hold: Vec<Change>,
}

/// A JSON merge patch (RFC 7396) of the example.
#[derive(Serialize)]
pub(super) struct Change {
    pub(super) what: String,
    pub(super) patch: Value,
}

/// A base64url field of the word, counted from 0, and how many bits it has.
#[derive(Serialize)]
pub(super) struct Bits {
    pub(super) what: &'static str,
    pub(super) field: usize,
    pub(super) bits: usize,
}

/// A case that a key has really signed.
#[derive(Serialize)]
pub(super) struct Signed {
    pub(super) what: String,
    pub(super) ok: bool,
    #[serde(flatten)]
    pub(super) case: Case,
}

/// The contents of the file.
pub(super) fn changes() -> File {
    let vectors = Vector::all();
    let changes = vectors.iter().map(|vector| Changes {
        vector: vector.name().to_owned(),
        fail: lists::fail(vector, &vectors),
        bits: lists::bits(vector),
        hold: lists::hold(vector),
    });
    File { changes: changes.collect(), signed: signed::cases() }
}

/// One item a line, so that a difference can be read.
pub(super) fn text(file: &File) -> String {
    let changes = file.changes.iter().map(|Changes { vector, fail, bits, hold }| {
        let (fail, bits, hold) = (lines(fail), lines(bits), lines(hold));
        format!(
            "{{\"vector\": {vector:?},\n\"fail\": {fail},\n\"bits\": {bits},\n\"hold\": {hold}}}"
        )
    });
    let changes = Vec::from_iter(changes).join(",\n");
    format!("{{\"changes\": [\n{changes}\n],\n\"signed\": {}}}\n", lines(&file.signed))
}

fn lines<T: Serialize>(items: &[T]) -> String {
    let items = items.iter().map(|item| serde_json::to_string(item).unwrap());
    format!("[\n{}\n]", Vec::from_iter(items).join(",\n"))
}

#[expect(clippy::disallowed_methods, reason = "the test keeps the file current")]
pub(super) fn rewrite(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/changes.json");
    fs::write(path, text).unwrap();
}
