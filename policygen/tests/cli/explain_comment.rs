//! `policygen explain --comment`, over the signatures of other programs.

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::file;
use crate::program::{Ran, policygen};

const CARRIER: &str = "arn:aws:sts::111122223333:assumed-role/Deployer/x";

/// The example signatures that every implementation must accept.
fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../core/signing/tests/vectors.json")).unwrap()
}

fn rule(vector: &Value) -> NamedTempFile {
    let mut rule = json!({"signingKeys": {"alice": [vector["signingKey"]], "bob": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    ]}});
    if vector["desk"].is_object() {
        rule["desk"] = vector["desk"].clone();
    }
    file(&rule)
}

/// Explains the comment of a vector, with one fact changed to something else.
fn explained(vector: &Value, changed: Option<(&str, &str)>, more: &[&str]) -> Ran {
    let rule = rule(vector);
    let fact = |name: &str| match changed {
        Some((field, value)) if field == name => value.to_owned(),
        _ => vector["facts"][name].as_str().unwrap().to_owned(),
    };
    let mut args = vec!["explain".to_owned(), "--rule".to_owned()];
    args.push(rule.path().to_str().unwrap().to_owned());
    args.extend(["--comment".to_owned(), vector["comment"].as_str().unwrap().to_owned()]);
    for name in ["pipeline", "execution", "stage", "action", "attempt"] {
        args.extend([format!("--{name}"), fact(name)]);
    }
    args.extend(["--answer".to_owned(), fact("answer").to_lowercase()]);
    for revision in vector["facts"]["revisions"].as_array().unwrap() {
        args.extend(["--revision".to_owned(), revision.as_str().unwrap().to_owned()]);
    }
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    policygen(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn json_of(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_signature_of_another_program_proves_who_answered() {
    for vector in vectors() {
        let report = json_of(&explained(&vector, None, &["--format", "json", CARRIER]));
        let name = &vector["name"];
        assert_eq!(report["signer"], "alice", "{name}");
        assert_eq!(report["statement"], vector["statement"], "{name}");
        assert_eq!(report["answer"]["signature"]["signer"], "alice", "{name}: {report}");
        if vector["facts"]["answer"] == "Approved" {
            assert_eq!(report["answer"]["person"], "person:alice", "{name}");
            assert_eq!(report["answer"]["basis"], "signature", "{name}");
        }
    }
}

#[test]
fn a_signature_of_anything_else_proves_nothing() {
    for vector in vectors() {
        for (field, value) in [
            ("pipeline", "other"),
            ("execution", "other"),
            ("stage", "Other"),
            ("action", "ApprovalZ"),
            ("attempt", "other"),
            ("answer", "Rejected"),
        ] {
            let report =
                json_of(&explained(&vector, Some((field, value)), &["--format", "json", CARRIER]));
            assert_eq!(report["answer"]["signature"], Value::Null, "{}: {field}", vector["name"]);
            assert_eq!(report["answer"]["counts"], false, "{}: {field}", vector["name"]);
        }
    }
}

#[test]
fn a_rejection_counts_for_nobody() {
    let vector = &vectors()[0];
    let rejected = [("answer", "Rejected")];
    let alice = "arn:aws:iam::111122223333:user/alice";
    for (changed, arn) in rejected.iter().flat_map(|it| [(*it, CARRIER), (*it, alice)]) {
        let report = json_of(&explained(vector, Some(changed), &["--format", "json", arn]));
        assert_eq!(report["answer"]["person"], Value::Null, "{arn}");
        assert_eq!(report["answer"]["reason"]["code"], "rejected", "{arn}: {report}");
    }
}

#[test]
fn people_read_what_it_proves_and_what_it_is_about() {
    let vector = &vectors()[0];
    insta::assert_snapshot!("proves", explained(vector, None, &[CARRIER]).stdout);
    let replayed = explained(vector, Some(("action", "ApprovalB")), &[CARRIER]);
    insta::assert_snapshot!("replayed", replayed.stdout);
    let carried = explained(vector, None, &["arn:aws:iam::111122223333:user/bob"]);
    insta::assert_snapshot!("carried-by-bob", carried.stdout);
}

#[test]
fn without_the_answer_it_says_only_which_key_is_named() {
    let vector = &vectors()[0];
    let rule = rule(vector);
    let explained = |comment: &str| {
        let rule = rule.path().to_str().unwrap();
        policygen(&["explain", "--rule", rule, "--comment", comment, CARRIER])
    };
    let words: Vec<String> = [
        vector["comment"].as_str().unwrap(),
        "no signature",
        "[2pr1.s.bmrQd4ily64.x]",
        "[2pr1.s.bmrQd4ily64.qljWt0H27SbmgjsnXhUVnw.AAAA]",
    ]
    .into_iter()
    .map(|comment| explained(comment).stdout)
    .collect();
    insta::assert_snapshot!("named", words.join("\n"));
}

#[test]
fn a_comment_is_of_one_principal_and_of_a_whole_answer() {
    let vector = &vectors()[0];
    assert_eq!(explained(vector, None, &[CARRIER, CARRIER]).code, 2);
    assert_eq!(policygen(&["explain", "--comment", "x", "--pipeline", "p", CARRIER]).code, 2);
    assert_eq!(policygen(&["explain", "--action", "A", CARRIER]).code, 2);
}
