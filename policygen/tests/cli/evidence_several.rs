//! `policygen evidence` over several pipelines, from folders of saved lists.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{days_from_now, file, text};
use crate::history::{Saved, at, execution, released};
use crate::program::{Ran, command, policygen, ran};

/// A release without the gate, and an older one with it.
pub(crate) fn without_gate() -> Saved {
    let mut saved = execution();
    saved.actions.retain(|action| action["actionName"] != "Gate");
    saved.with(released("22222222-2222-4222-8222-222222222222", 1))
}

/// Writes both lists into a folder.
pub(crate) fn write(saved: &Saved, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let lists = [
        ("executions.json", json!({"pipelineExecutionSummaries": saved.executions})),
        ("actions.json", json!({"actionExecutionDetails": saved.actions})),
    ];
    for (name, list) in lists {
        fs::write(folder.join(name), list.to_string()).unwrap();
    }
}

/// Three pipelines of two accounts: in order, without a gate, and with a list that cannot be read.
pub(crate) fn folders() -> TempDir {
    let root = TempDir::new().unwrap();
    write(&execution(), &root.path().join("111122223333/eu-west-1/payments"));
    write(&without_gate(), &root.path().join("111122223333/us-east-1/refunds"));
    let broken = root.path().join("444455556666/eu-west-1/payments");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("executions.json"), "{").unwrap();
    root
}

pub(crate) fn all(root: &TempDir, arguments: &[&str]) -> Ran {
    let input = root.path().to_str().unwrap();
    policygen(&[&["evidence", "--all", "--input", input], arguments].concat())
}

fn report(root: &TempDir, arguments: &[&str]) -> (Ran, Value) {
    let ran = all(root, &[arguments, &["--format=json"]].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, report)
}

fn rows(report: &Value) -> Vec<(String, String)> {
    let rows = report["pipelines"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["pipelineArn"]), text(&row["answer"]))).collect()
}

const SENTENCE: &str = "No: 1 of 3 releases of 2 pipelines was not approved by two people; 1 \
                        pipeline could not be judged.";

#[test]
fn one_report_has_a_row_for_each_pipeline_the_worst_first() {
    let root = folders();
    let (ran, report) = report(&root, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    assert_eq!(report["schemaVersion"], 1);
    assert_eq!(report["answer"], json!({"answer": "no", "sentence": SENTENCE, "quorum": 2}));
    let expected = [
        ("arn:aws:codepipeline:us-east-1:111122223333:refunds", "no"),
        ("arn:aws:codepipeline:eu-west-1:444455556666:payments", "none"),
        ("arn:aws:codepipeline:eu-west-1:111122223333:payments", "yes"),
    ];
    let expected = expected.map(|(arn, answer)| (arn.to_owned(), answer.to_owned()));
    assert_eq!(rows(&report), expected);
    let summary = json!({"pipelines": 3, "notJudged": 1, "executions": 3, "releases": 3,
        "satisfiedReleases": 2, "exceptional": 1, "accepted": 0});
    assert_eq!(report["summary"], summary);
    let worst = &report["pipelines"][0]["exceptions"][0];
    assert_eq!(worst["code"], "no-gate");
    assert_eq!(worst["executions"][0]["executionId"], "11111111-1111-4111-8111-111111111111");
    let human = all(&root, &[]).stdout;
    assert!(human.contains("3 executions of 2 pipelines; 1 pipeline not judged;"), "{human}");
    // Each file is named in the row of its pipeline.
    assert_eq!(report["pipelines"][2]["sources"].as_array().unwrap().len(), 2);
    assert_eq!(report["cover"]["sources"], json!([]));
}

#[test]
fn a_pipeline_that_cannot_be_read_is_a_finding_and_the_rest_goes_on() {
    let root = folders();
    fs::remove_dir_all(root.path().join("111122223333/us-east-1")).unwrap();
    let (ran, broken) = report(&root, &[]);
    assert_eq!(ran.code, 10);
    assert_eq!(
        broken["answer"]["sentence"],
        "Neither yes nor no: 1 pipeline could not be judged; the only release of 1 pipeline was \
         approved by two people."
    );
    let human = all(&root, &[]).stdout;
    assert!(human.contains("1 execution of 1 pipeline; 1 pipeline not judged;"), "{human}");
    let problem = broken["pipelines"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("executions.json` cannot be used: it is not JSON"), "{problem}");
    let sarif: Value = serde_json::from_str(&all(&root, &["--format=sarif"]).stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "not-judged");
    assert_eq!(
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        "arn:aws:codepipeline:eu-west-1:444455556666:payments"
    );
    // Only that pipeline is left: nothing was judged, which is not a report.
    fs::remove_dir_all(root.path().join("111122223333")).unwrap();
    let ran = all(&root, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("it is not JSON"), "{}", ran.stderr);
}

#[test]
fn a_report_in_order_is_a_yes() {
    let root = folders();
    fs::remove_dir_all(root.path().join("444455556666")).unwrap();
    write(&execution(), &root.path().join("111122223333/us-east-1/refunds"));
    let (ran, report) = report(&root, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(
        report["answer"]["sentence"],
        "Yes: all 2 releases of 2 pipelines were approved by two people."
    );
    let ran = all(&root, &["--since=2027-01-01"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.starts_with("Neither yes nor no: there is no execution to judge.\n"));
}

#[test]
fn the_text_fits_into_the_columns() {
    let root = folders();
    let long: String = "a-name-as-long-as-aws-allows-".chars().cycle().take(100).collect();
    write(&without_gate(), &root.path().join("111122223333/ap-southeast-2").join(long));
    let ran = all(&root, &[]);
    assert_eq!(ran.code, 10);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    // A name or a path stays one word, so that it can be copied.
    let is_wide = |line: &&&str| line.chars().count() > 100 && line.trim().contains(' ');
    let wide: Vec<&&str> = lines.iter().filter(is_wide).collect();
    assert_eq!(wide, Vec::<&&str>::new());
    let sentence = "No: 2 of 5 releases of 3 pipelines were not approved by two people; 1 pipeline \
                    could not be judged.";
    assert_eq!((lines[0], lines[lines.len() - 1]), (sentence, sentence), "{}", ran.stdout);
    let at = |text: &str| ran.stdout.find(text).unwrap();
    assert!(at(" no          refunds") < at(" not judged  payments"), "{}", ran.stdout);
    assert!(at(" not judged  payments") < at(" yes         payments"));
}

#[test]
fn csv_has_a_line_for_each_pipeline_and_html_a_row() {
    let root = folders();
    let csv = all(&root, &["--format=csv"]).stdout;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 4);
    assert!(rows[1].starts_with("no,refunds,111122223333,us-east-1,2,2,1,1,0,0,1,0,2026-01-01T"));
    assert!(rows[2].starts_with("not judged,payments,444455556666,eu-west-1,,,,,,,,,,,not-judged"));
    let cover = all(&root, &["--format=csv", "--cover"]).stdout;
    assert!(cover.starts_with("# Answer,"), "{cover}");
    let html = all(&root, &["--format=html"]).stdout;
    assert!(html.contains(&format!("<h1>{SENTENCE}</h1>")));
    assert!(html.contains("script-src 'none'") && !html.contains("<script"));
    assert_eq!(html.matches("<td data-label=\"Region\">").count(), 3);
    assert!(html.contains("4 files of the pipelines, "), "{html}");
}

#[test]
fn a_cause_names_each_execution_once_and_what_is_accepted_comes_last() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("111122223333/eu-west-1/payments");
    let (newer, older) =
        ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    let of = |arguments: &[&str]| {
        let (_, report) = report(&root, arguments);
        let causes = report["pipelines"][0]["exceptions"].as_array().unwrap().clone();
        let ids = |cause: &Value| {
            let executions = cause["executions"].as_array().unwrap().iter();
            executions.map(|it| it["executionId"].as_str().unwrap().to_owned()).collect()
        };
        causes.iter().map(ids).collect::<Vec<Vec<String>>>()
    };
    let mut saved = execution().with(released(older, 1));
    saved.actions.retain(|action| action["actionName"] != "Gate");
    write(&saved, &folder);
    assert_eq!(of(&[]), [[newer, older]]);
    let subject = format!("arn:aws:codepipeline:*:*:payments/execution/{newer}");
    let accept = file(&json!([{"code": "no-gate", "subject": subject, "reason": "R-17",
        "expires": days_from_now(1)}]));
    assert_eq!(of(&["--accept", text(accept.path())]), [[older], [newer]]);

    // The gate was retried, and somebody answered in its place both times.
    let mut twice = execution();
    twice.action("Gate")["output"] = json!({});
    let mut first = twice.action("Gate").clone();
    first["actionExecutionId"] = json!("Gate-0");
    (first["startTime"], first["lastUpdateTime"]) = (json!(at(2, 40)), json!(at(2, 50)));
    twice.actions.push(first);
    write(&twice, &folder);
    assert_eq!(of(&[]), [[newer]]);
}

/// What is justified is still a no, and a warning is still a yes.
#[test]
fn what_an_auditor_has_to_look_at_comes_first() {
    let root = TempDir::new().unwrap();
    let folder = |name: &str| root.path().join("111122223333/eu-west-1").join(name);
    let mut another_name = execution();
    another_name.action("Gate")["output"]["outputVariables"]["Approvers"] = json!("alice, robert");
    write(&execution(), &folder("a-in-order"));
    write(&another_name, &folder("b-warning"));
    write(&without_gate(), &folder("c-justified"));
    let accept = file(&json!([{"code": "no-gate", "reason": "R-17", "expires": days_from_now(1),
        "subject": "arn:aws:codepipeline:eu-west-1:111122223333:c-justified/execution/*"}]));
    let (_, report) = report(&root, &["--accept", text(accept.path())]);
    let expected = [("c-justified", "no"), ("b-warning", "yes"), ("a-in-order", "yes")];
    let expected = expected.map(|(name, answer)| {
        (format!("arn:aws:codepipeline:eu-west-1:111122223333:{name}"), answer.to_owned())
    });
    assert_eq!(rows(&report), expected);
}

#[test]
fn exceptions_are_accepted_in_every_pipeline_and_unused_entries_are_named() {
    let root = folders();
    let entry = |code: &str, subject: &str| {
        json!({"code": code, "subject": subject, "reason": "R-17", "ticket": "INC-204",
            "expires": days_from_now(1)})
    };
    let accept = file(&json!([
        entry("no-gate", "arn:aws:codepipeline:us-east-1:111122223333:refunds/execution/*"),
        entry("not-judged", "arn:aws:codepipeline:eu-west-1:444455556666:payments"),
        entry("no-gate", "arn:aws:codepipeline:*:999999999999:nothing/execution/*"),
    ]));
    let (ran, report) = report(&root, &["--accept", text(accept.path())]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("999999999999:nothing"), "{}", ran.stderr);
    assert_eq!(
        report["answer"]["sentence"],
        "No: 1 of 3 releases of 2 pipelines was not approved by two people; it is a justified \
         exception; 1 pipeline could not be judged."
    );
    assert_eq!(report["pipelines"].as_array().unwrap()[1]["justified"], 1);
    let human = all(&root, &["--accept", text(accept.path())]).stdout;
    assert!(human.contains("accepted until") && human.contains("ticket INC-204"), "{human}");
}

#[test]
fn pipelines_are_chosen_by_name() {
    let root = folders();
    let input = root.path().to_str().unwrap();
    let names = |names: &[&str]| {
        let names: Vec<&str> = names.iter().flat_map(|name| ["--pipeline", name]).collect();
        policygen(&[&["evidence", "--format=csv", "--input", input], names.as_slice()].concat())
    };
    // Both accounts have one.
    assert_eq!(names(&["payments", "refunds"]).stdout.lines().count(), 4);
    let missing = names(&["refunds", "invoices"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    assert!(missing.stderr.contains("no list of --input is of the pipeline `invoices`"));
}

/// Lists of the archive name their pipeline, wherever they are.
#[test]
fn a_list_that_names_its_pipeline_needs_no_folder() {
    let root = TempDir::new().unwrap();
    for (name, saved) in [("payments", execution()), ("refunds", without_gate())] {
        let arn = format!("arn:aws:codepipeline:eu-west-1:111122223333:{name}");
        let list = json!({
            "pipelineArn": arn,
            "pipelineExecutionSummaries": saved.executions,
            "actionExecutionDetails": saved.actions,
        });
        let folder = root.path().join("2026/01");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.json")), list.to_string()).unwrap();
    }
    let (_, report) = report(&root, &[]);
    let expected = [("refunds", "no"), ("payments", "yes")].map(|(name, answer)| {
        (format!("arn:aws:codepipeline:eu-west-1:111122223333:{name}"), answer.to_owned())
    });
    assert_eq!(rows(&report), expected);
}

#[test]
fn lists_outside_a_folder_belong_to_no_pipeline() {
    let root = TempDir::new().unwrap();
    write(&execution(), root.path());
    let ran = all(&root, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("is not in a directory with the name of its pipeline"));
    // The region and the account alone name none either.
    let root = TempDir::new().unwrap();
    write(&execution(), &root.path().join("111122223333/eu-west-1"));
    assert_eq!(all(&root, &[]).code, 1);
}

#[test]
fn what_is_for_one_pipeline_is_refused() {
    for (arguments, code) in [
        (&["--all", "--pipeline=payments"][..], 2),
        (&["--all", "--execution=e"], 2),
        (&["--pipeline=a", "--pipeline=b", "--execution=e"], 2),
        (&["--pipeline=a", "--pipeline=b", "--cloudtrail"], 2),
        (&[], 2),
        (&["--all", "--assume-role=Auditor"], 1),
        (&["--all", "--accounts=ids.txt"], 2),
    ] {
        let ran = policygen(&[&["evidence"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
    }
    let root = folders();
    let (_, report) = report(&root, &[]);
    let saved = file(&report);
    let ran = policygen(&["verify", text(saved.path())]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("several pipelines"), "{}", ran.stderr);
}

/// 10,000 executions of 200 pipelines, written by this test.
#[test]
fn two_hundred_pipelines_are_one_report() {
    let root = TempDir::new().unwrap();
    for pipeline in 0..200 {
        let mut saved = Saved { executions: Vec::new(), actions: Vec::new() };
        for execution in 0..50 {
            let id = format!("{pipeline:08x}-0000-4000-8000-{execution:012x}");
            saved = saved.with(released(&id, 0));
        }
        if pipeline == 77 {
            saved.actions.retain(|action| action["actionName"] != "Gate");
        }
        write(&saved, &root.path().join(format!("111122223333/eu-west-1/pipeline-{pipeline}")));
    }
    let output = command()
        .args(["evidence", "--all", "--format=json", "--input", root.path().to_str().unwrap()])
        .output()
        .unwrap();
    let ran = ran(&output);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["answer"]["sentence"],
        "No: 50 of 10000 releases of 200 pipelines were not approved by two people."
    );
    assert_eq!(report["pipelines"].as_array().unwrap().len(), 200);
    assert_eq!(report["pipelines"][0]["pipeline"], "pipeline-77");
}
