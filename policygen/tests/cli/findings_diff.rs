//! What `policygen diff` says about each kind of change: two reports of `audit` that differ in it
//! alone.

use std::slice::from_ref;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::audit::sound;
use crate::checker::{AUDIT, file, text};
use crate::program::{Ran, policygen};

/// An open finding about a user, with further keys.
fn about(name: &str, further: Value) -> Value {
    let mut finding = json!({
        "code": "can-bypass-gate", "severity": "error", "message": format!("`{name}` may."),
        "subject": {"arn": format!("arn:aws:iam::111122223333:user/{name}")},
        "evidence": [], "witness": null, "help": "Deny it.",
    });
    let Value::Object(further) = further else { panic!("{further}") };
    finding.as_object_mut().unwrap().extend(further);
    finding
}

/// A report with these findings, and with others that are accepted.
fn report(findings: &[Value], accepted: &[Value]) -> NamedTempFile {
    let (_, mut report) = AUDIT.examine(&sound(), &[]);
    report["findings"] = json!(findings);
    let accepted = accepted.iter().map(|finding| json!({"finding": finding}));
    report["accepted"] = accepted.collect();
    file(&report)
}

fn diff(old: &NamedTempFile, new: &NamedTempFile) -> Ran {
    policygen(&["diff", text(old.path()), text(new.path())])
}

fn in_json(old: &NamedTempFile, new: &NamedTempFile) -> (i32, Value) {
    let ran = policygen(&["diff", text(old.path()), text(new.path()), "--format", "json"]);
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

/// How many findings are new, worse, improved and gone.
fn counts(changed: &Value) -> [u64; 4] {
    ["new", "worse", "improved", "gone"].map(|key| changed["summary"][key].as_u64().unwrap())
}

#[test]
fn a_finding_of_another_code_subject_or_id_is_another_finding() {
    let place = |id| json!({"file": "main.tf", "line": 3, "id": id});
    let ann = about("ann", json!({"location": place("ann")}));
    for (other, is_another) in [
        (about("bob", json!({"message": "`ann` may.", "location": place("ann")})), true),
        (about("ann", json!({"code": "can-invoke-gate", "location": place("ann")})), true),
        (about("ann", json!({"location": place("bob")})), true),
        (about("ann", json!({"location": {"file": "b.tf", "line": 9, "id": "ann"}})), false),
        (about("ann", json!({"location": place("ann"), "message": "She may."})), false),
    ] {
        let (code, changed) = in_json(&report(from_ref(&ann), &[]), &report(from_ref(&other), &[]));
        let expected = if is_another { (10, [1, 0, 0, 1]) } else { (0, [0; 4]) };
        assert_eq!((code, counts(&changed)), expected, "{other}");
    }
}

#[test]
fn a_finding_is_worse_if_any_part_of_its_state_rises_and_improved_if_parts_only_fall() {
    let with = |severity: &str, gate: &str| {
        report(&[about("ann", json!({"severity": severity, "gate": gate}))], &[])
    };
    let low = with("note", "refuses");
    let accepted = about("ann", json!({"severity": "note", "gate": "refuses"}));
    let accepted = report(&[], &[accepted]);
    let severity = ["the severity was note", "the severity was error"];
    let gate = ["the gate did not count two people", "the gate counted two people"];
    let standing = ["it was accepted", "it is accepted now"];
    for (lower, higher, [rise, fall]) in [
        (&low, &with("error", "refuses"), severity),
        (&low, &with("note", "counts-two"), gate),
        (&accepted, &low, standing),
        // It counts two before and after.
        (&with("note", "counts-two"), &with("error", "counts-two"), severity),
    ] {
        assert_eq!(counts(&in_json(lower, higher).1), [0, 1, 0, 0], "{rise}");
        let ran = diff(lower, higher);
        assert!(ran.stdout.contains(&format!("\nWorse ({rise}):\n")), "{}", ran.stdout);
        assert_eq!(counts(&in_json(higher, lower).1), [0, 0, 1, 0], "{fall}");
        let ran = diff(higher, lower);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains(&format!("\nImproved ({fall}):\n")), "{}", ran.stdout);
    }
    // One part rises and another falls.
    let (code, changed) = in_json(&with("error", "refuses"), &with("note", "counts-two"));
    assert_eq!((code, counts(&changed)), (0, [0, 1, 0, 0]));
}

#[test]
fn the_answer_is_changed_if_any_finding_is() {
    let error = |name| about(name, json!({}));
    let note = |name| about(name, json!({"severity": "note"}));
    for (old, new, expected, sentence) in [
        (vec![], vec![error("ann")], [1, 0, 0, 0], "1 finding is new."),
        (vec![note("ann")], vec![error("ann")], [0, 1, 0, 0], "1 finding became worse."),
        (vec![error("ann")], vec![note("ann")], [0, 0, 1, 0], "1 finding improved."),
        (vec![error("ann")], vec![], [0, 0, 0, 1], "1 finding is gone."),
        (
            vec![error("ann"), error("bob")],
            vec![note("ann")],
            [0, 0, 1, 1],
            "1 finding improved and 1 is gone.",
        ),
    ] {
        let (_, changed) = in_json(&report(&old, &[]), &report(&new, &[]));
        assert_eq!(counts(&changed), expected);
        assert_eq!(changed["answer"], json!({"answer": "changed", "sentence": sentence}));
    }
}

#[test]
fn if_nothing_changed_the_answer_counts_what_both_reports_have() {
    for (names, words) in [
        (&[][..], "neither report has a finding"),
        (&["ann"][..], "both reports have the same finding"),
        (&["ann", "bob"][..], "both reports have the same 2 findings"),
    ] {
        let findings: Vec<Value> = names.iter().map(|name| about(name, json!({}))).collect();
        let same = report(&findings, &[]);
        let ran = diff(&same, &same);
        assert!(
            ran.stdout.starts_with(&format!("Nothing changed: {words}.\n\n  old: ")),
            "{}",
            ran.stdout
        );
        // Only reports of `evidence` can have findings that are not compared.
        assert!(!ran.stdout.contains("not compared"), "{}", ran.stdout);
    }
}

#[test]
fn findings_about_one_subject_are_compared_with_those_that_say_the_same() {
    let saying = |message: &str, severity: &str| {
        about("ann", json!({"message": message, "severity": severity}))
    };
    let old = report(&[saying("By a role.", "error"), saying("By a group.", "note")], &[]);
    let new = report(&[saying("By a role.", "note"), saying("By a group.", "error")], &[]);
    let (code, changed) = in_json(&old, &new);
    assert_eq!((code, counts(&changed)), (10, [0, 1, 1, 0]));
    assert_eq!(changed["worse"][0]["message"], "By a group.");
    assert_eq!(changed["improved"][0]["message"], "By a role.");
}

#[test]
fn help_is_given_for_what_is_new_and_not_for_what_is_gone() {
    let (without, with) = (report(&[], &[]), report(&[about("ann", json!({}))], &[]));
    let (new, gone) = (diff(&without, &with).stdout, diff(&with, &without).stdout);
    assert!(new.contains("\n  help: Deny it.\n"), "{new}");
    assert!(gone.contains("`ann` may.") && !gone.contains("help"), "{gone}");
}

#[test]
fn more_than_a_hundred_changes_have_an_entry_for_each_cause_and_standing() {
    let names = |from: usize, to: usize| (from..to).map(|number| format!("user-{number:03}"));
    let may = |name: String| about(&name, json!({}));
    let also = |name: String| about(&name, json!({"message": "Many may."}));
    let entries = |changed: &Value, list: &str| -> Vec<(String, String, u64)> {
        let entry = |it: &Value| {
            let words = |key: &str| it[key].as_str().unwrap().to_owned();
            let count = it["subjects"]["count"].as_u64().unwrap_or(1);
            (words("message"), words("standing"), count)
        };
        changed[list].as_array().unwrap().iter().map(entry).collect()
    };
    let expected = |standing: &str, message: &str, count: u64| {
        (message.to_owned(), standing.to_owned(), count)
    };

    let none = report(&[], &[]);
    let hundred: Vec<Value> = names(0, 100).map(may).collect();
    let (_, changed) = in_json(&none, &report(&hundred, &[]));
    assert_eq!(entries(&changed, "new").len(), 100, "a hundred are few enough");

    let open: Vec<Value> = names(0, 60).map(may).chain(names(60, 90).map(also)).collect();
    let accepted: Vec<Value> = names(90, 101).map(may).collect();
    let many = report(&open, &accepted);
    let causes = [
        expected("open", "`user-000` may.", 60),
        expected("open", "Many may.", 30),
        expected("accepted", "`user-090` may.", 11),
    ];
    let (_, changed) = in_json(&none, &many);
    assert_eq!(counts(&changed), [101, 0, 0, 0]);
    assert_eq!(entries(&changed, "new"), causes);
    let (_, changed) = in_json(&many, &none);
    assert_eq!(entries(&changed, "gone"), causes);

    // All are notes now: of those that improved, the causes are the same.
    let milder = |findings: &[Value]| -> Vec<Value> {
        let mut findings = findings.to_vec();
        for finding in &mut findings {
            finding["severity"] = json!("note");
        }
        findings
    };
    let (_, changed) = in_json(&many, &report(&milder(&open), &milder(&accepted)));
    assert_eq!(counts(&changed), [0, 0, 101, 0]);
    assert_eq!(entries(&changed, "improved"), causes);
}
