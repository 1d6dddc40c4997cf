//! `policygen generate` for a gate that proves releases.

use serde_json::{Value, json};

use crate::generate::json as parsed;
use crate::program::generate;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const GATE: [&str; 3] = ["--gate", "--service-role", "payments"];
const PROOF_KEY: [&str; 2] = ["--proof-key", KEY];
const STORE: [&str; 2] = ["--proof-store", "s3://our-proofs/payments/"];
const ARTIFACTS: [&str; 4] =
    ["--artifact-bucket", "our-artifacts", "--artifact-bucket", "more-artifacts"];

/// What the gate's role may do to objects and with keys.
fn proving(files: &Value) -> Vec<Value> {
    let files = files.as_object().unwrap().values();
    let statements = files.filter_map(|file| file["Statement"].as_array()).flatten();
    let proving = ["HashArtifacts", "SignProofs", "StoreProofs"];
    statements.filter(|it| proving.iter().any(|sid| it["Sid"] == *sid)).cloned().collect()
}

#[test]
fn a_gate_that_proves_releases_may_read_artifacts_and_sign_and_store() {
    let ran = generate(&[&GATE[..], &PROOF_KEY, &STORE, &ARTIFACTS].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let [read, sign, store] = proving(&parsed(&ran.stdout)).try_into().unwrap();
    for (statement, action, resource) in [
        (
            read,
            "s3:GetObject",
            json!(["arn:aws:s3:::our-artifacts/*", "arn:aws:s3:::more-artifacts/*"]),
        ),
        (sign, "kms:Sign", json!(KEY)),
        (store, "s3:PutObject", json!("arn:aws:s3:::our-proofs/payments/*")),
    ] {
        assert_eq!(statement["Effect"], "Allow");
        assert_eq!((&statement["Action"], &statement["Resource"]), (&json!(action), &resource));
    }
    let without = generate(&GATE);
    assert_eq!(proving(&parsed(&without.stdout)), Vec::<Value>::new());
}

#[test]
fn a_proof_with_a_missing_part_is_refused() {
    for (arguments, option, missing) in [
        ([&GATE[..], &PROOF_KEY, &ARTIFACTS].concat(), "--proof-key", "--proof-store"),
        (
            [&GATE[..], &STORE, &["--guardrails"], &ARTIFACTS].concat(),
            "--proof-store",
            "--proof-key",
        ),
        ([&PROOF_KEY[..], &STORE, &ARTIFACTS].concat(), "--proof-key", "--gate"),
        ([&GATE[..], &PROOF_KEY, &STORE].concat(), "--proof-key", "--artifact-bucket"),
    ] {
        let ran = generate(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}");
        let words = format!("`{option}` means nothing without `{missing}`");
        assert!(ran.stderr.contains(&words), "{arguments:?}: {}", ran.stderr);
    }
}
