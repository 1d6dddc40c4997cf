//! The settings of `policygen generate`: their schema and their parser agree.

use generate::Settings;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use crate::agree::{Exception, compare, of_keys, subset, with_defects};
use crate::{Validator, committed};

/// TOML, whose inline values are those of JSON but for `null` and the colon.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{} = {}", json!(key), toml(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        // TOML has no empty value: both refuse this one.
        Value::Null => "1979-05-27".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn parsed(value: &Value) -> Result<(), String> {
    let Value::Object(map) = value else { return Err("not a table".to_owned()) };
    let lines = map.iter().map(|(key, value)| format!("{} = {}\n", json!(key), toml(value)));
    Settings::from_toml(&lines.collect::<String>()).map(|_| ()).map_err(|error| error.to_string())
}

/// What a schema cannot say.
fn exceptions() -> Vec<Exception> {
    let exception = |error, value: Value| Exception { error, example: value.to_string() };
    vec![
        exception("is not a time such as 15m", json!({"mfa-max-age": "37h"})),
        exception(
            "is not an S3 URI",
            json!({
                "proof-store": format!("s3://bucket/{}", "\u{fc}".repeat(600)),
            }),
        ),
    ]
}

fn sound() -> impl Strategy<Value = Value> {
    let flags = vec![json!(true), json!(false)];
    subset(vec![
        ("partition", vec![json!("aws"), json!("aws-us-gov")]),
        ("region", vec![json!([]), json!(["*"]), json!(["eu-west-1", "us-gov-east-1"])]),
        ("account", vec![json!(["*"]), json!(["111122223333"])]),
        ("pipeline", vec![json!(["payments-*", "refunds"])]),
        ("stage", vec![json!("Release"), json!("Release?")]),
        ("slot", vec![json!(["ApprovalA", "ApprovalB"])]),
        ("slot-pattern", vec![json!(["A=Approval*", "B=Check?"])]),
        ("mechanism", ["groups", "tag", "roles", "signed", "desk"].map(|it| json!(it)).to_vec()),
        ("members", vec![json!({}), json!({"ApprovalA": ["alice", "bob"]})]),
        ("exclusive", flags.clone()),
        ("approve-only", flags.clone()),
        ("require-mfa", flags.clone()),
        ("mfa-max-age", vec![json!("15m"), json!("1h"), json!("PT36H")]),
        ("trust-saml", vec![json!("arn:aws:iam::111122223333:saml-provider/Example")]),
        ("trust-account", vec![json!(["111122223333"])]),
        ("identity-center", vec![json!("arn:aws:sso:::instance/ssoins-1234567890abcdef")]),
        ("guardrails", flags.clone()),
        ("break-glass", vec![json!(["BreakGlass", "arn:aws:iam::111122223333:role/a/B"])]),
        ("artifact-bucket", vec![json!(["my-bucket.1"])]),
        ("reviews-function", vec![json!("two-person-rule-reviews")]),
        ("proof-key", vec![json!("arn:aws:kms:eu-west-1:111122223333:key/1234")]),
        ("proof-store", vec![json!("s3://bucket/prefix")]),
        ("service-role", vec![json!(["payments-pipeline"])]),
        ("notification-arn", vec![json!(["ApprovalA=arn:aws:sns:eu-west-1:111122223333:topic"])]),
        ("before", vec![json!("Deploy"), json!("Deploy/Action")]),
        ("after", vec![json!("Build")]),
        ("prefix", vec![json!("TwoPersonRule-")]),
        ("format", vec![json!("json"), json!("terraform-json"), json!("aws-cli")]),
        ("out", vec![json!("iam")]),
        ("print", vec![json!("stage.json")]),
    ])
}

fn agrees(settings: impl Strategy<Value = Value>, cases: u32) {
    let (validator, exceptions) = (Validator::new("approvers"), exceptions());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome =
        runner.run(&settings, |value| compare(&validator, &value, parsed(&value), &exceptions));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn sound_settings_are_accepted_by_both() {
    let validator = Validator::new("approvers");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let settings = sound().new_tree(&mut runner).unwrap().current();
        assert_eq!(validator.validate(&settings), Ok(()), "{settings}");
        assert_eq!(parsed(&settings), Ok(()), "{settings}");
    }
}

#[test]
fn settings_with_defects_are_accepted_by_both_or_refused_by_both() {
    agrees(with_defects(sound()), 2_000);
}

#[test]
fn any_object_of_the_keys_is_accepted_by_both_or_refused_by_both() {
    let schema = committed::json("approvers");
    agrees(of_keys(schema["properties"].as_object().unwrap().keys().cloned().collect()), 1_000);
}

#[test]
fn every_exception_is_accepted_by_the_schema_and_refused_by_the_parser() {
    let validator = Validator::new("approvers");
    for Exception { error, example } in exceptions() {
        let value: Value = serde_json::from_str(&example).unwrap();
        assert_eq!(validator.validate(&value), Ok(()), "{example}");
        let refused = parsed(&value).unwrap_err();
        assert!(refused.contains(error), "{example}: {refused}");
    }
}
