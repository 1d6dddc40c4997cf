//! What the programs write is valid by the schemas of the decision and of the findings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::{Validator, committed};

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(committed::repository(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A fixture's value: the sound one with the defect in this file.
fn with_defect(sound: &Value, path: &Path) -> Value {
    let fixture: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let defect: json_patch::Patch = serde_json::from_value(fixture["defect"].clone()).unwrap();
    let mut value = sound.clone();
    json_patch::patch(&mut value, &defect).unwrap();
    value
}

/// Judges every fixture of the decisions: one satisfied release, with one defect each.
#[test]
fn every_decision_of_the_fixtures_is_valid() {
    let validator = Validator::new("decision");
    let base: Value =
        serde_json::from_str(&committed::text("core/rule/tests/fixtures/satisfied.json")).unwrap();
    let folders = ["accepted", "refused"];
    let fixtures = folders.map(|folder| files(&format!("core/rule/tests/fixtures/{folder}")));
    let mut verdicts = [0, 0];
    for path in fixtures.into_iter().flatten() {
        let case = with_defect(&base, &path);
        let rule = rule::Rule::floor(&case["rule"].to_string()).unwrap();
        let facts: rule::Facts = serde_json::from_value(case["facts"].clone()).unwrap();
        let decision = rule::decide(&rule, &facts).unwrap();
        let record = serde_json::to_value(decision.record()).unwrap();
        assert_eq!(validator.validate(&record), Ok(()), "{}", path.display());
        verdicts[usize::from(decision.satisfied().is_some())] += 1;
    }
    assert!(verdicts[0] > 50 && verdicts[1] > 15, "{verdicts:?}");
}

#[test]
fn a_record_that_is_not_one_is_refused() {
    let validator = Validator::new("decision");
    let snapshot = committed::text("core/rule/tests/snapshots/decisions__satisfied-record.snap");
    let (_, body) = snapshot.split_once("\n---\n").unwrap();
    let record: Value = serde_json::from_str(body).unwrap();
    assert_eq!(validator.validate(&record), Ok(()));
    let mut logged = record.clone();
    logged["gateVersion"] = json!("0.1.0");
    assert_eq!(validator.validate(&logged), Ok(()), "as the gate logs it");
    for (key, wrong) in [
        ("verdict", json!("maybe")),
        ("quorum", json!("two")),
        ("decidedAt", json!(0)),
        ("initiator", json!({ "nobody": "x" })),
        ("approvals", json!([{}])),
        ("reasons", json!([{ "code": "no-such-code", "message": "x" }])),
    ] {
        let mut bad = record.clone();
        bad[key] = wrong;
        assert!(validator.validate(&bad).is_err(), "{key}");
    }
    for key in record.as_object().unwrap().keys() {
        let mut bad = record.clone();
        bad.as_object_mut().unwrap().remove(key);
        assert!(validator.validate(&bad).is_err(), "without {key}");
    }
}

/// The releases that `policygen evidence` judges have their records in them.
#[test]
fn every_decision_of_a_report_of_evidence_is_valid() {
    let validator = Validator::new("decision");
    let snapshot = committed::text("policygen/tests/cli/snapshots/cli__evidence__json.snap");
    let (_, body) = snapshot.split_once("\n---\n").unwrap();
    let report: Value = serde_json::from_str(body).unwrap();
    let mut found = 0;
    for_each(&report, &mut |value| {
        if value.get("ruleDigest").is_some() && value.get("approvals").is_some() {
            assert_eq!(validator.validate(value), Ok(()));
            found += 1;
        }
    });
    assert!(found > 0, "the report shows no decision");
}

fn for_each(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Object(map) => map.values().for_each(|it| for_each(it, visit)),
        Value::Array(items) => items.iter().for_each(|it| for_each(it, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_report_of_findings_is_valid() {
    let validator = Validator::new("finding");
    for name in ["cli__audit__audit-several.json", "cli__doctor__several.json"] {
        let snapshot = committed::text(&format!("policygen/tests/cli/snapshots/{name}.snap"));
        let (_, body) = snapshot.split_once("\n---\n").unwrap();
        let report: Value = serde_json::from_str(body).unwrap();
        assert_eq!(validator.validate(&report), Ok(()), "{name}");
        for (pointer, wrong) in [
            ("/schemaVersion", json!("1")),
            ("/findings/0/severity", json!("fatal")),
            ("/findings/0/subject", json!("arn")),
            ("/summary", json!({})),
        ] {
            let mut bad = report.clone();
            *bad.pointer_mut(pointer).unwrap() = wrong;
            assert!(validator.validate(&bad).is_err(), "{name}: {pointer}");
        }
    }
}

/// Prints the report of every defect of the fixtures, with no more than its file.
#[test]
fn every_report_of_a_defect_is_valid() {
    let validator = Validator::new("finding");
    for (verb, option, sound, arguments) in [
        (
            "audit",
            "--account-file",
            "sound.json",
            &["--slot", "ApprovalA", "--slot", "ApprovalB"][..],
        ),
        ("doctor", "--pipeline-file", "clean.json", &[]),
    ] {
        let folder = format!("policygen/tests/fixtures/{verb}");
        let base: Value =
            serde_json::from_str(&committed::text(&format!("{folder}/{sound}"))).unwrap();
        let mut with_findings = 0;
        for path in files(&format!("{folder}/defects")) {
            let input = with_defect(&base, &path);
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), input.to_string()).unwrap();
            let mut policygen = Command::new(env!("CARGO_BIN_EXE_policygen"));
            let run = policygen.env_clear().args([verb, option]).arg(file.path()).args(arguments);
            let output = run.args(["--format", "json"]).output().unwrap();
            // Some files cannot be examined without what else their defect needs.
            let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else { continue };
            assert_eq!(validator.validate(&report), Ok(()), "{}", path.display());
            with_findings += usize::from(!report["findings"].as_array().unwrap().is_empty());
        }
        assert!(with_findings > 20, "{verb}: {with_findings}");
    }
}
