//! The book and the schema say the same about each key of the rule.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use crate::committed;

/// A row of the table in `docs/gate.md`.
struct Row {
    /// UserParameters may have the key.
    may_tighten: bool,
    default: String,
    meaning: String,
}

fn rows() -> BTreeMap<String, Row> {
    let row = Regex::new(r"(?m)^\| `([^`]+)`( ▲)? \| (.*) \| (.*) \|$").unwrap();
    let link = Regex::new(r"\[([^\]]+)\]\([^)]+\)").unwrap();
    let page = committed::text("docs/gate.md");
    let (_, table) = page.split_once("| key | default | meaning |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    row.captures_iter(table)
        .map(|row| {
            let meaning = link.replace_all(&row[4], "$1").into_owned();
            let may_tighten = row.get(2).is_some();
            (row[1].to_owned(), Row { may_tighten, default: row[3].to_owned(), meaning })
        })
        .collect()
}

fn properties() -> serde_json::Map<String, Value> {
    committed::json("rule")["properties"].as_object().unwrap().clone()
}

#[test]
fn an_editor_shows_what_the_book_says() {
    let (rows, properties) = (rows(), properties());
    assert!(rows.keys().eq(properties.keys()), "{:?}", rows.keys());
    for (key, property) in properties {
        let described = property["description"].as_str().unwrap();
        let (meaning, mark) = match described.split_once("\n\n") {
            Some((meaning, mark)) => (meaning, Some(mark)),
            None => (described, None),
        };
        let row = &rows[&key];
        assert_eq!(meaning, row.meaning, "{key}");
        let expected = (!row.may_tighten).then_some("UserParameters may not have it.");
        assert_eq!(mark, expected, "{key}");
    }
}

/// The parser decides who may set a key. The mark follows it.
#[test]
fn the_keys_without_a_mark_are_those_that_user_parameters_may_have() {
    let empty = rule::Rule::floor("{}").unwrap();
    for (key, row) in rows() {
        // A value of any type: the question is whether the key itself is refused.
        let value = match &*key {
            "people" | "signingKeys" | "roster" => json!({}),
            "trustedSessionRoles" => json!([]),
            "desk" => json!({"rpId": "example.com", "origin": "https://example.com"}),
            "reviews" => json!({"function": "reviews"}),
            "proof" => json!({
                "key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd",
                "store": "s3://bucket",
            }),
            _ => json!("x"),
        };
        let refused = empty.tightened_by(&json!({ &key: value }).to_string(), "Release").err();
        let refused = refused.map(|error| error.to_string()).unwrap_or_default();
        let is_refused = refused.contains("UserParameters may not say");
        assert_eq!(is_refused, !row.may_tighten, "{key}: {refused}");
    }
}

/// A rule that writes the defaults out is the rule without them.
#[test]
fn the_defaults_of_the_schema_are_those_of_the_gate_and_of_the_book() {
    let defaults: serde_json::Map<String, Value> = properties()
        .into_iter()
        .filter_map(|(key, property)| Some((key, property.get("default")?.clone())))
        .collect();
    assert_eq!(defaults.len(), 12, "{defaults:?}");
    let rows = rows();
    for (key, default) in &defaults {
        let written = rows[key].default.trim_matches('`');
        assert_eq!(serde_json::from_str::<Value>(written).unwrap(), *default, "{key}");
    }
    let with = rule::Rule::floor(&Value::from(defaults).to_string()).unwrap();
    let without = rule::Rule::floor("{}").unwrap();
    assert_eq!(without.changes_to(&with), []);
    assert_eq!(with.changes_to(&without), []);
}
