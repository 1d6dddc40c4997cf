//! The accept file of `policygen doctor` and `policygen audit`, as its users see it.

use serde_json::{Value, json};

use crate::checker::{DOCTOR, days_from_now, file, text};
use crate::doctor::{clean, doctor};
use crate::program::Ran;

fn accepting(entries: &Value) -> (Ran, Value) {
    let accept = file(entries);
    let mut pipeline = clean();
    pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["FunctionName"] =
        json!("another");
    DOCTOR.examine(&pipeline, &["--accept", text(accept.path())])
}

fn entry(subject: &str, expires: &str) -> Value {
    json!({"code": "no-gate", "subject": subject, "reason": "R-17", "expires": expires})
}

const SUBJECT: &str = "arn:aws:codepipeline:eu-west-1:111122223333:payments";

#[test]
fn what_is_accepted_is_shown_and_does_not_fail() {
    for subject in
        [SUBJECT, "arn:*:payments", "arn:aws:codepipeline:eu-west-?:111122223333:payments"]
    {
        let (ran, report) = accepting(&json!([entry(subject, &days_from_now(1))]));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert_eq!(report["findings"], json!([]));
        assert_eq!(report["summary"]["accepted"], 1);
        let accepted = &report["accepted"][0];
        assert_eq!(accepted["finding"]["code"], "no-gate");
        assert_eq!(
            (&accepted["reason"], &accepted["expires"]),
            (&json!("R-17"), &json!(days_from_now(1)))
        );
    }
}

#[test]
fn the_ticket_and_the_reviewer_are_shown_in_every_format() {
    let mut reviewed = entry(SUBJECT, &days_from_now(1));
    reviewed["ticket"] = json!("INC-204");
    reviewed["reviewer"] = json!("=carol");
    let (_, report) = accepting(&json!([reviewed]));
    let accepted = &report["accepted"][0];
    assert_eq!((&accepted["ticket"], &accepted["reviewer"]), (&json!("INC-204"), &json!("=carol")));
    let accept = file(&json!([reviewed]));
    let mut pipeline = clean();
    pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["FunctionName"] =
        json!("another");
    let print = |format| doctor(&pipeline, &["--accept", text(accept.path()), "--format", format]);
    assert!(
        print("human").stdout.contains("reason: R-17 (ticket INC-204, reviewed by =carol)"),
        "{}",
        print("human").stdout
    );
    assert!(print("csv").stdout.ends_with(",INC-204,'=carol\n"), "{}", print("csv").stdout);
    let sarif: Value = serde_json::from_str(&print("sarif").stdout).unwrap();
    let properties = &sarif["runs"][0]["results"][0]["suppressions"][0]["properties"];
    assert_eq!(properties["ticket"], "INC-204");
    assert_eq!(properties["reviewer"], "=carol");
}

#[test]
fn what_is_of_another_subject_is_not_accepted() {
    for subject in ["arn:aws:codepipeline:eu-west-1:111122223333:payment", "arn:*:PAYMENTS"] {
        let (ran, report) = accepting(&json!([entry(subject, &days_from_now(1))]));
        assert_eq!(ran.code, 10);
        assert_eq!(report["accepted"], json!([]));
        assert!(ran.stderr.contains(subject), "{}", ran.stderr);
    }
}

#[test]
fn what_has_expired_is_a_finding_again_and_says_so() {
    let yesterday = days_from_now(-1);
    let (ran, report) = accepting(&json!([entry(SUBJECT, &yesterday)]));
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let evidence = report["findings"][0]["evidence"].as_array().unwrap();
    let expired = json!({"kind": "acceptance", "name": "R-17", "detail": format!("expired after {yesterday}")});
    assert_eq!(evidence.last().unwrap(), &expired);

    // If two entries match, the valid one is used.
    let (ran, report) =
        accepting(&json!([entry(SUBJECT, &yesterday), entry("arn:*", &days_from_now(1))]));
    assert_eq!(ran.code, 0);
    assert_eq!(report["accepted"][0]["expires"], days_from_now(1));
}

#[test]
fn one_accept_file_serves_every_verb() {
    let mut other = entry(SUBJECT, "2999-12-31");
    other["code"] = json!("can-approve-both");
    let (ran, report) = accepting(&json!([entry(SUBJECT, "2999-12-31"), other]));
    // An entry for another verb is not reported as unused.
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(report["summary"]["accepted"], 1);
}

#[test]
fn an_accept_file_that_is_not_one_is_refused() {
    let good = || entry(SUBJECT, "2999-12-31");
    let with = |key: &str, value: Value| {
        let mut entry = good();
        entry[key] = value;
        json!([entry])
    };
    let without = |key: &str| {
        let mut entry = good();
        entry.as_object_mut().unwrap().remove(key);
        json!([entry])
    };
    let cases = [
        (json!({"accepted": []}), "it is not a JSON list of objects"),
        (json!([["no-gate", SUBJECT, "R-17", "2999-12-31"]]), "it is not a JSON list of objects"),
        (without("code"), "missing field `code`"),
        (without("subject"), "missing field `subject`"),
        (without("reason"), "missing field `reason`"),
        (without("expires"), "missing field `expires`"),
        (with("until", json!("2999-12-31")), "unknown field `until`"),
        (with("approver", json!("carol")), "unknown field `approver`"),
        (with("ticket", json!(" ")), "entry 1: the ticket is empty"),
        (with("reviewer", json!("")), "entry 1: the reviewer is empty"),
        (with("reviewer", json!(["carol"])), "invalid type"),
        (with("code", json!("no-gait")), "entry 1: `no-gait` is not a code; the codes are `"),
        (with("subject", json!("payments")), "`payments` is not an ARN"),
        (with("subject", json!("*")), "`*` is not an ARN"),
        (with("reason", json!(" ")), "the reason is empty"),
        (with("expires", json!("never")), "`never` is not a day"),
        (with("expires", json!("2027-02-30")), "`2027-02-30` is not a day"),
        (with("expires", json!("20270228")), "`20270228` is not a day"),
        (with("expires", json!("2027-02-28T00:00:00")), "is not a day"),
    ];
    for (entries, words) in cases {
        let accept = file(&entries);
        let ran = doctor(&clean(), &["--accept", text(accept.path())]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{entries}");
        assert!(ran.stderr.contains(words), "{entries}: {}", ran.stderr);
    }
    let ran = doctor(&clean(), &["--accept", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}
