//! `policygen evidence` over saved lists: what it reads and how it is shown.

use std::fs;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::history::{Saved, execution, released};
use crate::program::{Ran, fixture, policygen};

/// Runs `evidence` on a history and an older execution, which shows where in the pipeline the gate
/// is.
pub(crate) fn evidence(saved: Saved, arguments: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let inputs = saved.with(released("22222222-2222-4222-8222-222222222222", 1)).write(&directory);
    let inputs: Vec<&str> = inputs.iter().flat_map(|path| ["--input", path]).collect();
    policygen(&[&["evidence", "--pipeline", "payments"], inputs.as_slice(), arguments].concat())
}

/// Runs `evidence` on a single execution, so that nothing shows where the gate is.
pub(crate) fn alone(saved: &Saved, arguments: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    let inputs = ["--input", &executions, "--input", &actions];
    policygen(
        &[
            &["evidence", "--pipeline", "payments", "--format", "json"],
            inputs.as_slice(),
            arguments,
        ]
        .concat(),
    )
}

pub(crate) fn only_verdict(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["executions"][0]["verdict"].clone()
}

/// A report without the part that says when and from which files it was made.
pub(crate) fn without_cover(report: &str) -> String {
    let cut = |begin: &str, end: &str| {
        let (before, rest) = report.split_once(begin)?;
        let (_, after) = rest.split_once(end)?;
        Some(format!("{before}{after}"))
    };
    let json = cut("  \"cover\": {\n", "\n  },\n");
    json.or_else(|| cut("<section id=\"cover\"", "</section>")).unwrap_or(report.to_owned())
}

/// A page with its details, which its script unpacks, as text. Another report stays as it is.
pub(crate) fn with_details(report: &str) -> String {
    let begin = "<script id=\"details\" type=\"application/octet-stream\">";
    let Some((page, rest)) = report.split_once(begin) else { return report.to_owned() };
    let packed = STANDARD.decode(rest.split_once("</script>").unwrap().0).unwrap();
    let mut details = String::new();
    DeflateDecoder::new(packed.as_slice()).read_to_string(&mut details).unwrap();
    format!("{page}{details}")
}

#[test]
fn a_gate_of_another_name_is_asked_after() {
    let ran = alone(&execution(), &["--gate-function", "our-gate"]);
    assert_eq!((only_verdict(&ran), ran.code), (json!("no-gate"), 10));
    let note = "note: the function `our-gate` ran in no execution, but `two-person-rule-gate` did";
    assert!(ran.stderr.starts_with(note), "{}", ran.stderr);
    for function in [
        "111122223333:function:two-person-rule-gate",
        "two-person-rule-gate:live",
        "arn:aws:lambda:eu-west-1:111122223333:function:two-person-rule-gate:live",
    ] {
        let named = alone(&execution(), &["--gate-function", function]);
        assert_eq!(
            (only_verdict(&named), named.code, named.stderr.as_str()),
            (json!("satisfied"), 0, ""),
            "{function}"
        );
    }
}

#[test]
fn a_period_without_executions_is_never_clean() {
    for arguments in
        [&["--since", "2027-01-01"][..], &["--until", "2025-12-31"], &["--execution", "none"]]
    {
        for format in ["human", "json", "csv", "html"] {
            let ran = evidence(execution(), &[arguments, &["--format", format]].concat());
            assert_eq!(ran.code, 3, "{}", ran.stderr);
            assert!(ran.stderr.starts_with("note: "), "{}", ran.stderr);
        }
    }
    let one = evidence(
        execution(),
        &["--execution", "22222222-2222-4222-8222-222222222222", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!((report["executions"].as_array().unwrap().len(), one.code), (1, 0));
}

#[test]
fn a_period_begins_with_its_first_instant_and_ends_before_its_last() {
    let start = "2026-01-02T10:00:00.123Z";
    assert_eq!(alone(&execution(), &["--since", start]).code, 0);
    assert_eq!(alone(&execution(), &["--until", start]).code, 3);
    assert_eq!(alone(&execution(), &["--until", "2026-01-02T10:00:00.124Z"]).code, 0);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_name() {
    let ran = |arguments: &[&str]| {
        policygen(&[&["evidence", "--pipeline", "payments"], arguments].concat())
    };
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let cut = file("cut.json", r#"{"actionExecutionDetails": [], "NextToken": "t"}"#);
    let other = file("other.json", r#"{"pipelines": []}"#);
    for (arguments, code, reason) in [
        (&["--input", "/no/such/file"][..], 1, "`/no/such/file` cannot be read"),
        (&["--input", &cut], 1, "is only the first part of a list"),
        (&["--input", &other], 1, "holds neither"),
        (&["--input", &other, "--cloudtrail-file", &other], 1, "holds no CloudTrail events"),
        (&["--rule", &fixture("rule/quorum-of-one.json"), "--input", &cut], 1, "`quorum`"),
        (&["--since", "2026-02-01", "--until", "2026-01-01"], 1, "is not before"),
        (&["--since", "yesterday"], 2, "is not a point in time"),
        (&["--gate-function", "a b"], 2, "neither the name nor the ARN"),
        (&["--input", &cut, "--cloudtrail"], 2, "cannot be used with"),
    ] {
        let ran = ran(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn every_format_shows_what_an_auditor_asks_for() {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    saved.action("ApprovalB")["output"]["executionResult"]["externalExecutionSummary"] =
        json!("=cmd|' /C calc'!A0");
    for format in ["human", "json", "csv"] {
        let ran = evidence(
            saved.clone(),
            &["--format", format, "--since", "2025-12-01", "--until", "2026-03-31"],
        );
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        insta::assert_snapshot!(format, without_cover(&ran.stdout));
    }
}

#[test]
fn a_page_says_what_each_verdict_means() {
    let page = evidence(execution(), &["--format", "html"]).stdout;
    let (_, verdicts) = page.split_once("id=\"verdicts\"").unwrap();
    for (verdict, meaning) in [
        ("satisfied", "Enough different people approved everything required."),
        ("no-gate", "The execution was released, and the gate never ran in it."),
        ("not-applicable", "The execution ended before its approvals"),
    ] {
        let (_, after) = verdicts.split_once(&format!(">{verdict}<")).unwrap();
        let (_, after) = after.split_once("<dd>").unwrap();
        assert!(after.starts_with(meaning), "{verdict}: {after}");
    }
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    for (position, start) in ["=", "+", "-", "@", "\t"].into_iter().enumerate() {
        let mut saved = execution();
        saved.executions[0]["sourceRevisions"][0]["revisionSummary"] =
            json!(format!("{start}HYPERLINK(\"x\")"));
        let ran = evidence(saved, &["--format", "csv"]);
        let line = ran.stdout.lines().nth(1).unwrap();
        let expected = if start == "\t" { "\\tHYPERLINK" } else { &*format!("'{start}HYPERLINK") };
        assert!(line.contains(expected), "{position}: {line}");
    }
}

#[test]
fn a_page_places_executions_by_their_start_and_details_what_is_wrong_with_them() {
    let mut halfway = released("33333333-3333-4333-8333-333333333333", 1);
    for list in [&mut halfway.executions, &mut halfway.actions] {
        let later = json!(list).to_string().replace("2026-01-01T10:", "2026-01-01T22:");
        *list = serde_json::from_str(&later).unwrap();
    }
    let mut newest = execution();
    newest.actions.retain(|action| action["actionName"] != "Gate");
    let page = evidence(newest.with(halfway), &["--format", "html"]).stdout;
    for text in [
        ">satisfied (2)</text>",
        ">01-01 10:00</text>",
        ">01-01 22:00</text>",
        ">01-02 10:00</text>",
        "<title>2026-01-01 22:00, satisfied</title>",
        "<title>2026-01-02 10:00, no-gate</title>",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    for mark in
        ["<circle class=\"mark satisfied\" cx=\"1.50%\"", "cx=\"50.00%\"", "svg x=\"98.50%\""]
    {
        assert_eq!(page.matches(mark).count(), 1, "{mark}: {page}");
    }
    let (start, _) = page.split_once("<script id=\"details\"").unwrap();
    let details = with_details(&page).split_off(start.len());
    let row = r#"[[["badge error","error"]],[["","no-gate"]],[["message","This execution was"#;
    assert!(details.contains(row), "{details}");
}

#[test]
fn the_same_history_gives_the_same_bytes_whatever_the_order_of_files_and_entries() {
    let mut reversed = execution();
    reversed.actions.reverse();
    for format in ["human", "json", "csv", "html"] {
        let one = evidence(execution(), &["--format", format]).stdout;
        let other = evidence(reversed.clone(), &["--format", format]).stdout;
        assert_eq!(without_cover(&one), without_cover(&other), "{format}");
        assert!(!one.is_empty());
    }
}

/// The JSON pointers of all members of a value.
fn members(value: &Value) -> Vec<String> {
    let mut open = vec![(String::new(), value)];
    let mut found = Vec::new();
    while let Some((path, value)) = open.pop() {
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value)).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for (name, value) in inner {
            found.push(format!("{path}/{name}"));
            open.push((format!("{path}/{name}"), value));
        }
    }
    found
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{pointer} has no parent")
        }
    }
    value
}

/// One person released, and the gate reported two. No matter which member of the record is missing,
/// the release never passes.
#[test]
fn what_is_left_out_never_makes_a_release_satisfied() {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    let whole = json!({"executions": saved.executions, "actions": saved.actions});
    let paths = members(&whole);
    assert!(paths.len() > 100, "{}", paths.len());
    for path in paths {
        if path.matches('/').count() < 2 {
            continue;
        }
        let less = without(&whole, &path);
        let list = |name: &str| less[name].as_array().unwrap().clone();
        let saved = Saved { executions: list("executions"), actions: list("actions") };
        let ran = alone(&saved, &[]);
        match ran.code {
            // Refused as a whole, because the record could belong to any execution.
            1 => assert!(path.ends_with("/pipelineExecutionId"), "{path}: {}", ran.stderr),
            // Any other record still has an exception.
            code => assert_eq!(code, 10, "{path}: {}", ran.stdout),
        }
        if ran.code == 10 {
            assert_ne!(only_verdict(&ran), "satisfied", "{path}");
        }
    }
}
