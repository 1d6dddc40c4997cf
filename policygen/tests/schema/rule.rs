//! The rule: its schema and its parser agree.

use ::rule::Rule;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use crate::agree::{Exception, compare, of_keys, subset, with_defects};
use crate::{Validator, committed};

/// Alice's key, and Bob's: public keys that a real `ssh-keygen` made.
const ALICE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0vLZgVv7/Zl6o3TD8AFVvUBpRAjaEBulB+r9qBCVOA alice@example.com";
const BOB: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOL+G71qBaGlU5dSo0sfyEUd4UzIgvzHlecgNhun0/Pg";

fn parsed(text: &str) -> Result<(), String> {
    Rule::floor(text).map(|_| ()).map_err(|error| error.to_string())
}

/// A field of an SSH key: its length, and its bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn ssh_key(kind: &str, fields: &[&[u8]]) -> String {
    let mut blob = field(kind.as_bytes());
    for it in fields {
        blob.extend(field(it));
    }
    format!("{kind} {}", STANDARD.encode(blob))
}

/// A passkey with Bob's Ed25519 key, which is sound.
fn passkey() -> String {
    let blob = STANDARD.decode(BOB.split(' ').nth(1).unwrap()).unwrap();
    let (_, point) = blob.split_at(blob.len() - 32);
    let header = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let spki = [&header[..], point].concat();
    format!("passkey:{}:{}", URL_SAFE_NO_PAD.encode("bob's"), URL_SAFE_NO_PAD.encode(spki))
}

/// What a schema cannot say: what depends on another key, on the meaning of a text, or on how JSON
/// is written.
fn exceptions() -> Vec<Exception> {
    let zeros = [0_u8; 32];
    let point = STANDARD.decode(BOB.split(' ').nth(1).unwrap()).unwrap();
    let point = point.split_at(point.len() - 32).1.to_owned();
    let of_website = ssh_key("sk-ssh-ed25519@openssh.com", &[&point, b"https://example.com"]);
    let desk = |rp_id: &str, origin: &str| json!({"desk": {"rpId": rp_id, "origin": origin}});
    let keys = |key: &str| json!({"signingKeys": {"alice": [key]}});
    let listed = [
        ("is also listed for `alice`", json!({"signingKeys": {"alice": [ALICE], "bob": [ALICE]}})),
        ("is also a user of", json!({"people": {"alice": ["github:a"], "bob": ["github:A"]}})),
        (
            "is there twice, in different cases",
            json!({"people": {"alice": ["github:a"], "Alice": ["github:b"]}}),
        ),
        (
            "is a role of `trustedSessionRoles`",
            json!({"trustedSessionRoles": ["Deploy"], "roster": {"A": ["role/Deploy"]}}),
        ),
        ("has a passkey, which works on one site only", keys(&passkey())),
        ("is not a whole number", json!({"quorum": 2.0})),
        ("is nobody: write a name of `people`", json!({"roster": {"A": ["alice@example.com"]}})),
        (
            "is fewer than `reviews.required`",
            json!({"reviews": {"function": "f", "required": 2, "repositories": {"a/b": 1}}}),
        ),
        ("each person needs an action to approve", json!({"actions": ["A"]})),
        (
            "is the roster of an action that `actions` does not name",
            json!({"actions": ["A", "B"], "roster": {"A": ["x"], "B": ["y"], "C": ["z"]}}),
        ),
        (
            "which is required, so anybody could approve it",
            json!({"actions": ["A", "B"], "roster": {"A": ["x"]}}),
        ),
        ("the rule has no `signingKeys`", json!({"requireSignature": true})),
        ("the function's rule has no `reviews`", json!({"excludeAuthors": true})),
        ("is not a public key of that type", keys("ssh-ed25519 AAAA")),
        ("must be a SubjectPublicKeyInfo", keys("passkey:AAAA:AAAA")),
        ("must be base64url without padding", keys("passkey:A:AAAA")),
        ("anybody can sign for this public key", keys(&ssh_key("ssh-ed25519", &[&zeros]))),
        ("the application of the security key", keys(&of_website)),
        ("it is a private key", keys("ssh-ed25519 AAAA PRIVATE KEY")),
        ("is not on the domain", desk("example.org", "https://example.com")),
        ("must be `https://` and a host", desk("example.com", "https://example.com:65536")),
        (
            "is not a user of a forge",
            json!({"notPeople": [], "people": {
                "alice": ["github:alice/99999999999999999999"],
            }}),
        ),
        (
            "is not an S3 URI",
            json!({"proof": {
                "key": "arn:aws:kms:eu-west-1:111122223333:key/1",
                "store": format!("s3://bucket/{}", "\u{fc}".repeat(600)),
            }}),
        ),
    ];
    let mut exceptions: Vec<Exception> = listed
        .into_iter()
        .map(|(error, example)| Exception { error, example: example.to_string() })
        .collect();
    for (error, example) in [
        ("duplicate field `quorum`", r#"{"quorum": 2, "quorum": 3}"#),
        ("found duplicate key", r#"{"people": {"a": ["github:a"], "a": ["github:b"]}}"#),
    ] {
        exceptions.push(Exception { error, example: example.to_owned() });
    }
    exceptions
}

/// Rules that the parser accepts, apart from what their keys demand of each other.
fn sound() -> impl Strategy<Value = Value> {
    subset(vec![
        ("$schema", vec![json!("./rule.schema.json")]),
        ("quorum", vec![json!(2), json!(3)]),
        ("actions", vec![json!(["ApprovalA", "ApprovalB"]), json!(["A", "B", "C.d@e_-f"])]),
        ("stage", vec![json!("Release")]),
        ("sharedRoles", vec![json!("reject"), json!("collapse")]),
        (
            "requireSignature",
            vec![
                json!(true),
                json!(false),
                json!({"deviceBound": true}),
                json!({"deviceBound": false}),
            ],
        ),
        ("onlyPeople", vec![json!(true), json!(false)]),
        ("excludeInitiator", vec![json!(true)]),
        ("excludeAuthors", vec![json!(true), json!(false)]),
        ("maxAgeMinutes", vec![json!(1), json!(1440)]),
        ("handleAffixes", vec![json!([]), json!(["-ops", "adm_", ".Priv", "a+"])]),
        (
            "trustedSessionRoles",
            vec![json!([]), json!(["Okta-Approver", "awsreservedsso_*", "AWSReservedSSO_A_0?"])],
        ),
        (
            "people",
            vec![
                json!({}),
                json!({
                    "alice": [
                        "arn:aws:iam::111122223333:user/team/alice",
                        "arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com",
                        "github:alice-gh/583231",
                    ],
                    "Bob": ["arn:aws*:iam::1111*:role/Bob", "gitlab:bob", "github:app[bot]"],
                }),
            ],
        ),
        (
            "signingKeys",
            vec![json!({}), json!({"alice": [ALICE], "Bob": [BOB]}), json!({"bob": [passkey()]})],
        ),
        (
            "desk",
            vec![
                json!({"rpId": "example.com", "origin": "https://approve.example.com"}),
                json!({"rpId": "example.com", "origin": "https://example.com:8443"}),
                json!({"rpId": "localhost", "origin": "http://localhost:8080"}),
            ],
        ),
        (
            "roster",
            vec![
                json!({}),
                json!({"ApprovalA": ["alice", "ROLE/Deployer"], "ApprovalB": ["*"]}),
                json!({"A": ["*", "*"], "B": ["bob"], "C.d@e_-f": ["carol"]}),
            ],
        ),
        (
            "reviews",
            vec![
                json!({"function": "two-person-rule-reviews"}),
                json!({
                    "function": "arn:aws:lambda:eu-west-1:111122223333:function:reviews:live",
                    "required": 1,
                    "repositories": {"acme/shop": 2},
                }),
                json!({"function": "111122223333:function:reviews:$LATEST", "required": 2}),
                json!({"function": "eu-west-1:reviews", "repositories": {}}),
            ],
        ),
        (
            "proof",
            vec![
                json!({
                    "key": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd",
                    "store": "s3://a.b-1/proofs/\u{fc}",
                }),
                json!({
                    "key": "arn:aws-cn:kms:cn-north-1:111122223333:key/1234",
                    "store": "s3://bucket",
                    "environment": "prod",
                    "validMinutes": 525_600,
                }),
            ],
        ),
        ("notPeople", vec![json!([]), json!(["ci-*", "Jenkins", "github:dependabot[bot]"])]),
        ("pipelineExecutionId", vec![json!("D9ad4937-06fa-421e-beaf-42beb430ec44")]),
    ])
}

fn keys() -> Vec<String> {
    let schema = committed::json("rule");
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

fn agrees(rules: impl Strategy<Value = Value>, cases: u32) {
    let (validator, exceptions) = (Validator::new("rule"), exceptions());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner
        .run(&rules, |rule| compare(&validator, &rule, parsed(&rule.to_string()), &exceptions));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Each sound value passes both, so the other tests start from where both accept.
#[test]
fn a_rule_of_one_sound_key_is_accepted_by_both() {
    let validator = Validator::new("rule");
    for rule in [
        json!({}),
        json!({"signingKeys": {"alice": [ALICE], "bob": [BOB, passkey()]}, "desk": {
            "rpId": "example.com", "origin": "https://example.com",
        }, "requireSignature": {"deviceBound": true}}),
    ] {
        assert_eq!(validator.validate(&rule), Ok(()), "{rule}");
        assert_eq!(parsed(&rule.to_string()), Ok(()), "{rule}");
    }
}

#[test]
fn a_sound_rule_is_accepted_by_both_but_for_what_its_keys_demand_of_each_other() {
    let validator = Validator::new("rule");
    let mut accepted = 0;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..500 {
        let rule = sound().new_tree(&mut runner).unwrap().current();
        assert_eq!(validator.validate(&rule), Ok(()), "{rule}");
        accepted += usize::from(parsed(&rule.to_string()).is_ok());
    }
    assert!(accepted > 50, "only {accepted} of 500 are rules");
}

#[test]
fn a_rule_with_defects_is_accepted_by_both_or_refused_by_both() {
    agrees(with_defects(sound()), 4_000);
}

#[test]
fn any_object_of_the_keys_is_accepted_by_both_or_refused_by_both() {
    agrees(of_keys(keys()), 2_000);
}

/// An exception that no longer occurs would hide a difference.
#[test]
fn every_exception_is_accepted_by_the_schema_and_refused_by_the_parser() {
    let validator = Validator::new("rule");
    for Exception { error, example } in exceptions() {
        let value: Value = serde_json::from_str(&example).unwrap();
        assert_eq!(validator.validate(&value), Ok(()), "{example}");
        let refused = parsed(&example).unwrap_err();
        assert!(refused.contains(error), "{example}: {refused}");
    }
}

/// `null` is refused in nested objects as at the top.
#[test]
fn null_is_never_a_value() {
    let validator = Validator::new("rule");
    for rule in [
        json!({"reviews": {"function": "f", "required": null}}),
        json!({"reviews": {"function": "f", "repositories": null}}),
        json!({"proof": {
            "key": "arn:aws:kms:eu-west-1:111122223333:key/1",
            "store": "s3://bucket",
            "environment": null,
        }}),
    ] {
        assert!(validator.validate(&rule).is_err(), "{rule}");
        assert!(parsed(&rule.to_string()).is_err(), "{rule}");
    }
}
