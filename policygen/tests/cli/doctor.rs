//! `policygen doctor` as its users see it. Every defect is `fixtures/doctor/clean.json` with one change (a JSON
//! Patch), in a file named after the finding that it must give.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use crate::program::{Ran, command, fixture, generate, policygen, ran};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    rule: Option<Value>,
    defect: json_patch::Patch,
    findings: Vec<Expected>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) code: String,
    pub(crate) subject: String,
}

fn clean() -> Value {
    serde_json::from_str(&fs::read_to_string(fixture("doctor/clean.json")).unwrap()).unwrap()
}

/// The name and the case of each fixture of a folder, and the pipeline with its defect.
fn cases(folder: &str) -> Vec<(String, Case, Value)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(fixture(&format!("doctor/{folder}")))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let case: Case = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert!(!case.why.is_empty());
        let mut pipeline = clean();
        json_patch::patch(&mut pipeline, &case.defect).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, case, pipeline)
    };
    paths.iter().map(read).collect()
}

pub(crate) fn file(content: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.to_string().as_bytes()).unwrap();
    file
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `doctor` over this pipeline, with these arguments besides.
fn doctor(pipeline: &Value, arguments: &[&str]) -> Ran {
    let pipeline = file(pipeline);
    policygen(&[&["doctor", "--pipeline-file", text(pipeline.path())], arguments].concat())
}

fn examine(pipeline: &Value, rule: Option<&Value>, arguments: &[&str]) -> (Ran, Value) {
    let rule = rule.map(file);
    let mut all = vec!["--format", "json"];
    all.extend(rule.iter().flat_map(|rule| ["--rule", text(rule.path())]));
    all.extend(arguments);
    let ran = doctor(pipeline, &all);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, report)
}

pub(crate) fn found(report: &Value) -> Vec<Expected> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<Expected> = findings
        .map(|finding| Expected {
            code: finding["code"].as_str().unwrap().to_owned(),
            subject: finding["subject"]["arn"].as_str().unwrap().to_owned(),
        })
        .collect();
    found.sort_by(|a, b| (&a.code, &a.subject).cmp(&(&b.code, &b.subject)));
    found
}

#[test]
fn each_defect_gives_its_finding_and_no_other() {
    let mut covered = BTreeSet::new();
    for (name, case, pipeline) in cases("defects") {
        let (ran, report) = examine(&pipeline, case.rule.as_ref(), &[]);
        assert_eq!(found(&report), case.findings, "{name}");
        let named = case.findings.iter().any(|finding| name.starts_with(&finding.code));
        assert!(named, "{name} is not named after what it gives");
        let errors = report["summary"]["errors"].as_u64().unwrap();
        assert_eq!(ran.code, if errors > 0 { 10 } else { 0 }, "{name}");
        covered.extend(case.findings.into_iter().map(|finding| finding.code));
    }
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor.md")).unwrap();
    let documented = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(str::to_owned);
    assert_eq!(
        covered,
        documented.collect(),
        "a code without a defect, or without docs"
    );
}

#[test]
fn what_is_sound_gives_nothing_in_every_execution_mode() {
    for (name, case, pipeline) in cases("sound") {
        let (ran, report) = examine(&pipeline, case.rule.as_ref(), &["--fail-on", "note"]);
        assert_eq!(found(&report), case.findings, "{name}");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
    }
}

/// Every defect as people see it: the words are the product.
#[test]
fn every_defect_in_words() {
    let mut out = String::new();
    for (name, case, pipeline) in cases("defects") {
        let rule = case.rule.as_ref().map(file);
        let rule = rule.as_ref().map(|rule| ["--rule", text(rule.path())]);
        let ran = doctor(&pipeline, rule.as_ref().map_or(&[], |rule| rule.as_slice()));
        out.push_str(&format!("==== {name}: {}\n{}", case.why, ran.stdout));
    }
    insta::assert_snapshot!("defects", out);
}

/// A pipeline with an error, two warnings and a note, of which the file accepts one, did accept one, and accepts
/// one that is not there.
fn several() -> Value {
    let mut pipeline = clean();
    let patch = json!([
        {"op": "remove", "path": "/pipeline/stages/2/actions/1"},
        {"op": "replace", "path": "/pipeline/stages/2/onFailure/retryConfiguration/retryMode", "value": "FAILED_ACTIONS"},
        {"op": "remove", "path": "/pipeline/stages/2/actions/1/configuration/UserParameters"},
        {"op": "replace", "path": "/pipeline/stages/2/actions/0/name", "value": "=ApprovalA"},
        {"op": "remove", "path": "/pipeline/stages/2/actions/0/configuration/NotificationArn"},
    ]);
    json_patch::patch(
        &mut pipeline,
        &serde_json::from_value::<json_patch::Patch>(patch).unwrap(),
    )
    .unwrap();
    pipeline
}

#[test]
fn every_format() {
    let accept = fixture("doctor/accept/several.json");
    for format in ["human", "json", "sarif", "csv"] {
        let ran = doctor(&several(), &["--accept", &accept, "--format", format]);
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        assert_eq!(
            ran.stderr,
            "note: `no-gate` of `arn:aws:codepipeline:*:payments` is accepted and was not found; take it out of \
             the accept file if it is settled\n"
        );
        let version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!(
            format!("several.{format}"),
            ran.stdout.replace(&version, "\"semanticVersion\": \"VERSION\"")
        );
    }
}

#[test]
fn fail_on_is_the_least_severity_that_fails() {
    let only = |name: &str| cases("defects").into_iter().find(|(case, ..)| case == name).unwrap().2;
    for (pipeline, codes) in [
        (only("no-gate"), [10, 10, 10, 0]),
        (only("no-execution-id"), [0, 10, 10, 0]),
        (only("no-notification"), [0, 0, 10, 0]),
    ] {
        for (fail_on, code) in ["error", "warning", "note", "never"].into_iter().zip(codes) {
            assert_eq!(doctor(&pipeline, &["--fail-on", fail_on]).code, code, "{fail_on}");
        }
        assert_eq!(doctor(&pipeline, &[]).code, codes[0]);
    }
}

fn accepting(entries: &Value) -> (Ran, Value) {
    let accept = file(entries);
    let mut pipeline = clean();
    pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["FunctionName"] = json!("another");
    examine(&pipeline, None, &["--accept", text(accept.path())])
}

fn entry(subject: &str, expires: &str) -> Value {
    json!({"code": "no-gate", "subject": subject, "reason": "R-17", "expires": expires})
}

const SUBJECT: &str = "arn:aws:codepipeline:eu-west-1:111122223333:payments";

pub(crate) fn days_from_now(days: i64) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    now.date()
        .checked_add(jiff::Span::new().days(days))
        .unwrap()
        .to_string()
}

#[test]
fn what_is_accepted_is_shown_and_does_not_fail() {
    for subject in [
        SUBJECT,
        "arn:*:payments",
        "arn:aws:codepipeline:eu-west-?:111122223333:payments",
    ] {
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

    // Of two, the one that still holds.
    let (ran, report) = accepting(&json!([entry(SUBJECT, &yesterday), entry("arn:*", &days_from_now(1))]));
    assert_eq!(ran.code, 0);
    assert_eq!(report["accepted"][0]["expires"], days_from_now(1));
}

#[test]
fn one_accept_file_serves_every_verb() {
    let mut other = entry(SUBJECT, "2999-12-31");
    other["code"] = json!("can-approve-both");
    let (ran, report) = accepting(&json!([entry(SUBJECT, "2999-12-31"), other]));
    // What another verb looks for is not missed here.
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
        (
            json!([["no-gate", SUBJECT, "R-17", "2999-12-31"]]),
            "it is not a JSON list of objects",
        ),
        (without("code"), "missing field `code`"),
        (without("subject"), "missing field `subject`"),
        (without("reason"), "missing field `reason`"),
        (without("expires"), "missing field `expires`"),
        (with("until", json!("2999-12-31")), "unknown field `until`"),
        (
            with("code", json!("no-gait")),
            "entry 1: `no-gait` is not a code; the codes are `",
        ),
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

#[test]
fn what_is_no_pipeline_is_refused() {
    let mode = |mode: &str| {
        let mut pipeline = clean();
        pipeline["pipeline"]["executionMode"] = json!(mode);
        pipeline.to_string()
    };
    let mut other = clean();
    other["metadata"]["pipelineArn"] = json!("arn:aws:codepipeline:eu-west-1:111122223333:refunds");
    let cases = [
        (
            String::new(),
            "it is not the JSON that `aws codepipeline get-pipeline` prints",
        ),
        (
            "pipeline:".to_owned(),
            "it is not the JSON that `aws codepipeline get-pipeline` prints",
        ),
        ("[]".to_owned(), "there is no `pipeline` with a `name` and `stages`"),
        (
            clean()["pipeline"].to_string(),
            "there is no `pipeline` with a `name` and `stages`",
        ),
        (
            json!({"pipeline": {"name": "x"}}).to_string(),
            "there is no `pipeline` with a `name` and `stages`",
        ),
        (
            json!({"pipeline": {"name": "x", "stages": {}}}).to_string(),
            "its `pipeline` is not one",
        ),
        (
            json!({"pipeline": {"name": "x", "stages": [{"name": "A"}]}}).to_string(),
            "missing field `actions`",
        ),
        (mode("SIDEWAYS"), "unknown variant `SIDEWAYS`"),
        (other.to_string(), "is not the ARN of a pipeline `payments`"),
    ];
    for (content, words) in cases {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let ran = policygen(&["doctor", "--pipeline-file", text(file.path())]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{content}");
        assert!(ran.stderr.contains(words), "{content}: {}", ran.stderr);
    }
    let ran = policygen(&["doctor", "--pipeline-file", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}

#[test]
fn nothing_to_check_is_not_clean() {
    for stages in [json!([]), json!([{"name": "A", "actions": []}])] {
        let ran = doctor(
            &json!({"pipeline": {"name": "x", "stages": stages}}),
            &["--format", "json"],
        );
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
        assert!(ran.stderr.contains("there was no pipeline to check"), "{}", ran.stderr);
    }
}

#[test]
fn several_files_and_standard_input_make_one_report() {
    let mut bare = clean();
    bare.as_object_mut().unwrap().remove("metadata");
    bare["pipeline"]["name"] = json!("refunds");
    bare["pipeline"]["stages"][2]["actions"]
        .as_array_mut()
        .unwrap()
        .truncate(2);
    let mut child = command()
        .args([
            "doctor",
            "--pipeline-file",
            &fixture("doctor/clean.json"),
            "--pipeline-file",
            "-",
            "--format",
            "json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(bare.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["checked"], "2 pipelines");
    let expected = Expected {
        code: "no-gate".to_owned(),
        subject: "arn:aws:codepipeline:*:*:refunds".to_owned(),
    };
    assert_eq!(found(&report), [expected]);
}

#[test]
fn the_gate_can_have_another_name() {
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:payments-gate";
    let mut pipeline = clean();
    let gate = &mut pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["FunctionName"];
    *gate = json!(arn);
    for (function, code) in [
        ("payments-gate", 0),
        (arn, 0),
        ("arn:aws:lambda:eu-west-1:444455556666:function:payments-gate", 10),
        ("two-person-rule-gate", 10),
    ] {
        assert_eq!(
            doctor(&pipeline, &["--gate-function", function]).code,
            code,
            "{function}"
        );
    }
    let ran = doctor(&pipeline, &["--gate-function", "arn:aws:iam::111122223333:role/x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}

#[test]
fn names_cannot_pass_for_the_programs_own_words() {
    let mut pipeline = clean();
    pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["UserParameters"] =
        json!("\u{1b}[2J\n\u{202e}no findings");
    let ran = doctor(&pipeline, &[]);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\nno findings"), "{}", ran.stdout);
}

#[test]
fn colours_are_for_who_wants_them() {
    let no_gate = fixture("doctor/clean.json");
    let coloured = |variable: &str, value: &str| {
        let mut command = command();
        command.args(["doctor", "--gate-function", "another", "--pipeline-file", &no_gate]);
        let output = command.env(variable, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(coloured("CLICOLOR_FORCE", "1"));
    assert!(!coloured("NO_COLOR", "1"));
    assert!(!coloured("COLUMNS", "100"));
}

#[test]
fn what_is_to_be_checked_has_to_be_said_once() {
    for arguments in [
        &["doctor"][..],
        &["doctor", "--all", "--pipeline", "payments"],
        &["doctor", "--pipeline", "payments", "--pipeline-file", "-"],
    ] {
        assert_eq!(policygen(arguments).code, 2, "{arguments:?}");
    }
    let ran = policygen(&["doctor", "--all"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "error: no region is configured; give `--region`\n")
    );
}

/// What `generate` puts into a pipeline is sound; it cannot know who is to be notified, and of what.
#[test]
fn a_pipeline_that_generate_patched_is_sound() {
    let pipeline = fixture("pipeline/good.json");
    let patched = generate(&["--patch-pipeline", &pipeline, "--print", "pipeline.json"]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
    let (ran, report) = examine(
        &serde_json::from_str(&patched.stdout).unwrap(),
        None,
        &["--fail-on", "warning"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let codes: Vec<String> = found(&report).into_iter().map(|finding| finding.code).collect();
    let (notification, information) = ("no-notification", "no-review-information");
    assert_eq!(codes, [notification, notification, information, information]);
}

/// Answers each request as CodePipeline would: by the operation that it names, from these.
fn codepipeline(answers: Vec<(&'static str, u16, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&mut stream);
            let answer = answers.iter().find(|(operation, ..)| request.contains(operation));
            let (_, status, body) = answer.unwrap_or_else(|| panic!("{request}"));
            let body = body.to_string();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: \
                 {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    format!("http://{address}")
}

/// The head and the body of a request, in lower case.
pub(crate) fn request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    while !request.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut request).unwrap() > 0);
    }
    request.make_ascii_lowercase();
    let (_, length) = request.split_once("content-length:").unwrap();
    let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap().to_ascii_lowercase()
}

fn live(answers: Vec<(&'static str, u16, Value)>, arguments: &[&str]) -> Ran {
    let url = codepipeline(answers);
    let mut command = command();
    command
        .args(["doctor", "--region", "eu-west-1", "--endpoint-url", &url])
        .args(arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "alice")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    ran(&command.output().unwrap())
}

/// As CodePipeline itself answers: times are numbers.
fn answer(mut pipeline: Value) -> Value {
    for key in ["created", "updated"] {
        pipeline["metadata"][key] = json!(1_767_225_600.0);
    }
    pipeline
}

#[test]
fn what_is_looked_up_gives_what_a_file_gives() {
    for folder in ["defects", "sound"] {
        for (name, case, pipeline) in cases(folder) {
            let rule = case.rule.as_ref().map(file);
            let mut arguments = vec!["--pipeline", "payments", "--format", "json"];
            arguments.extend(rule.iter().flat_map(|rule| ["--rule", text(rule.path())]));
            let ran = live(vec![("getpipeline", 200, answer(pipeline))], &arguments);
            let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {}", ran.stderr));
            assert_eq!(found(&report), case.findings, "{name}");
        }
    }
}

#[test]
fn all_pipelines_are_looked_up_page_by_page() {
    let mut refunds = clean();
    refunds["pipeline"]["name"] = json!("refunds");
    refunds["metadata"]["pipelineArn"] = json!("arn:aws:codepipeline:eu-west-1:111122223333:refunds");
    refunds["pipeline"]["stages"][2]["actions"]
        .as_array_mut()
        .unwrap()
        .truncate(2);
    let answers = vec![
        ("\"nexttoken\":\"2\"", 200, json!({"pipelines": [{"name": "refunds"}]})),
        (
            "listpipelines",
            200,
            json!({"pipelines": [{"name": "payments"}], "nextToken": "2"}),
        ),
        ("\"name\":\"payments\"", 200, answer(clean())),
        ("\"name\":\"refunds\"", 200, answer(refunds)),
    ];
    let ran = live(answers, &["--all", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["checked"], "2 pipelines");
    assert_eq!(
        found(&report)[0].subject,
        "arn:aws:codepipeline:eu-west-1:111122223333:refunds"
    );
}

#[test]
fn a_region_without_pipelines_is_not_clean() {
    let ran = live(vec![("listpipelines", 200, json!({"pipelines": []}))], &["--all"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("there was no pipeline to check"), "{}", ran.stderr);
}

#[test]
fn what_aws_refuses_is_an_error_that_says_what_to_do() {
    let denied = json!({"__type": "AccessDeniedException", "message": "not alice"});
    let ran = live(vec![("listpipelines", 400, denied)], &["--all"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(
        ran.stderr,
        "error: AWS refuses codepipeline:ListPipelines: not alice; give the caller this permission\n"
    );
    let missing = json!({"__type": "PipelineNotFoundException", "message": "no such pipeline"});
    let ran = live(vec![("getpipeline", 400, missing)], &["--pipeline", "payments"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr
            .contains("codepipeline:GetPipeline failed: PipelineNotFoundException"),
        "{}",
        ran.stderr
    );
}
