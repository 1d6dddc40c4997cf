//! `policygen doctor` as its users see it. Every defect is `fixtures/doctor/clean.json` with one
//! change (a JSON Patch), in a file named after the finding that it must give.

use serde_json::{Value, json};

use crate::checker::{DOCTOR, Expected, found, found_codes, versionless};
use crate::program::{Ran, command, fixture, generate, policygen, policygen_reading};

pub(crate) fn clean() -> Value {
    DOCTOR.sound()
}

/// Runs `doctor` on this pipeline with further arguments.
pub(crate) fn doctor(pipeline: &Value, arguments: &[&str]) -> Ran {
    DOCTOR.run(pipeline, arguments)
}

#[test]
fn each_defect_gives_its_finding_and_no_other() {
    DOCTOR.assert_defects_are_found();
}

#[test]
fn what_is_sound_gives_nothing_in_every_execution_mode() {
    DOCTOR.assert_sound_cases_pass();
}

#[test]
fn every_defect_in_words() {
    insta::assert_snapshot!("defects", DOCTOR.defects_in_words());
}

/// A pipeline with an error, two warnings and a note, of which the file accepts one, did accept
/// one, and accepts one that is not there.
fn several() -> Value {
    let patch = json!([
        {"op": "remove", "path": "/pipeline/stages/2/actions/1"},
        {"op": "replace", "path": "/pipeline/stages/2/onFailure/retryConfiguration/retryMode", "value": "FAILED_ACTIONS"},
        {"op": "remove", "path": "/pipeline/stages/2/actions/1/configuration/UserParameters"},
        {"op": "replace", "path": "/pipeline/stages/2/actions/0/name", "value": "=ApprovalA"},
        {"op": "remove", "path": "/pipeline/stages/2/actions/0/configuration/NotificationArn"},
    ]);
    DOCTOR.patched(&serde_json::from_value(patch).unwrap())
}

#[test]
fn every_format() {
    let accept = fixture("doctor/accept/several.json");
    for format in ["human", "json", "sarif", "csv"] {
        let ran = doctor(&several(), &["--accept", &accept, "--format", format]);
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        assert_eq!(
            ran.stderr,
            "note: `no-gate` of `arn:aws:codepipeline:*:payments` is accepted and was not found; remove it from \
             the accept file if it is settled\n"
        );
        insta::assert_snapshot!(format!("several.{format}"), versionless(&ran.stdout));
    }
}

#[test]
fn fail_on_is_the_least_severity_that_fails() {
    let only = |name: &str| DOCTOR.case("defects", name).input;
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

#[test]
fn what_is_no_pipeline_is_refused() {
    let mode = |mode: &str| {
        let mut pipeline = clean();
        pipeline["pipeline"]["executionMode"] = json!(mode);
        pipeline.to_string()
    };
    let mut other = clean();
    other["metadata"]["pipelineArn"] = json!("arn:aws:codepipeline:eu-west-1:111122223333:refunds");
    let mut boolean = clean();
    boolean["pipeline"]["stages"][0]["actions"][0]["configuration"]["PollForSourceChanges"] =
        json!(false);
    const NEITHER: &str = "it is neither what `aws codepipeline get-pipeline` prints";
    let cases = [
        ("# nothing\n".to_owned(), "it is empty"),
        ("pipeline:".to_owned(), NEITHER),
        ("[]".to_owned(), NEITHER),
        ("{}".to_owned(), NEITHER),
        ("pipeline:\n  name: x\n".to_owned(), NEITHER),
        ("{\"pipeline\": {\"name\": \"x\"".to_owned(), "it is not JSON: EOF"),
        ("a: [\n".to_owned(), "it is neither JSON nor YAML"),
        ("nothing to see here".to_owned(), NEITHER),
        ("name: x\n---\nname: y\n".to_owned(), "it holds several YAML documents"),
        ("resource \"aws_codepipeline\" \"x\" {\n".to_owned(), "`terraform show -json PLAN`"),
        (
            "# The pipeline.\nresource \"aws_codepipeline\" \"x\" {\n  # Its name.\n  name = \"x\"\n}\n"
                .to_owned(),
            "`terraform show -json PLAN`",
        ),
        // The file of a state, and not what `terraform show -json` prints of it.
        (
            json!({"version": 4, "terraform_version": "1.9.0", "resources": []}).to_string(),
            NEITHER,
        ),
        (json!({"values": {"root_module": {}}}).to_string(), NEITHER),
        (
            boolean.to_string(),
            "at `stages[0].actions[0].configuration.PollForSourceChanges` in line 1",
        ),
        (
            "name: x\nstages:\n- name: A\n  actions: []\n- name: B\n".to_owned(),
            "at `stages[1]` in line 5: missing field `actions`",
        ),
        (json!({"pipeline": {"name": "x"}}).to_string(), NEITHER),
        (
            json!({"pipeline": {"name": "x", "stages": ["Release"]}}).to_string(),
            "its pipeline is not valid, at `stages[0]`",
        ),
        (
            json!({"pipeline": {"name": "x", "stages": {}}}).to_string(),
            "its pipeline is not valid, at `stages`",
        ),
        (
            json!({"pipeline": {"name": "x", "stages": [{"name": "A"}]}}).to_string(),
            "missing field `actions`",
        ),
        (mode("SIDEWAYS"), "unknown variant `SIDEWAYS`"),
        (other.to_string(), "is not the ARN of a pipeline `payments`"),
    ];
    for (content, words) in cases {
        let ran = DOCTOR.run_text(&content, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{content}");
        assert!(ran.stderr.contains(words), "{content}: {}", ran.stderr);
    }
    let ran = policygen(&["doctor", "--pipeline-file", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}

#[test]
fn what_query_prints_is_a_pipeline_of_an_unknown_region_and_account() {
    let mut pipeline = clean()["pipeline"].clone();
    pipeline["stages"][2]["actions"].as_array_mut().unwrap().truncate(2);
    let (ran, report) = DOCTOR.examine(&pipeline, &[]);
    assert_eq!(ran.code, 10);
    let expected = Expected {
        code: "no-gate".to_owned(),
        subject: "arn:aws:codepipeline:*:*:payments".to_owned(),
    };
    assert_eq!(found(&report), [expected]);
}

#[test]
fn nothing_to_check_is_not_clean() {
    for stages in [json!([]), json!([{"name": "A", "actions": []}])] {
        let ran =
            doctor(&json!({"pipeline": {"name": "x", "stages": stages}}), &["--format", "json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
        assert!(ran.stderr.contains("there was no pipeline to check"), "{}", ran.stderr);
    }
}

#[test]
fn several_files_and_standard_input_make_one_report() {
    let mut bare = clean();
    bare.as_object_mut().unwrap().remove("metadata");
    bare["pipeline"]["name"] = json!("refunds");
    bare["pipeline"]["stages"][2]["actions"].as_array_mut().unwrap().truncate(2);
    let ran = policygen_reading(
        &bare.to_string(),
        &[
            "doctor",
            "--pipeline-file",
            &fixture("doctor/clean.json"),
            "--pipeline-file",
            "-",
            "--format",
            "json",
        ],
    );
    assert_eq!(ran.code, 10);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
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
    let gate =
        &mut pipeline["pipeline"]["stages"][2]["actions"][2]["configuration"]["FunctionName"];
    *gate = json!(arn);
    for (function, code) in [
        ("payments-gate", 0),
        (arn, 0),
        ("arn:aws:lambda:eu-west-1:444455556666:function:payments-gate", 10),
        ("two-person-rule-gate", 10),
    ] {
        assert_eq!(doctor(&pipeline, &["--gate-function", function]).code, code, "{function}");
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

#[test]
fn a_rule_is_checked_without_any_pipeline() {
    let mut checked = 0;
    for case in DOCTOR.cases("defects").into_iter().chain(DOCTOR.cases("sound")) {
        let arguments = case.arguments();
        if !arguments.contains(&"--rule") {
            continue;
        }
        let ran = policygen(&[&["doctor", "--format", "json"], arguments.as_slice()].concat());
        let report: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|_| panic!("{}: {}", case.name, ran.stderr));
        let of_rule =
            case.findings.into_iter().filter(|finding| finding.subject.starts_with("rule"));
        assert_eq!(found(&report), of_rule.collect::<Vec<_>>(), "{}", case.name);
        assert_eq!(report["checked"], "the rule", "{}", case.name);
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn a_rule_that_the_gate_refuses_is_one_finding_and_the_pipelines_are_checked_all_the_same() {
    for (rule, words) in [
        ("null", "not a rule"),
        ("[]", "it must be a JSON object"),
        ("{\"quorom\": 2}", "unknown field `quorom`"),
        ("{\"people\": {\"alice\": []}}", "`people.alice`: lists no principal"),
    ] {
        let file = crate::checker::file_of(rule);
        let path = crate::checker::text(file.path());
        let (ran, report) = DOCTOR.examine(&clean(), &["--rule", path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{rule}");
        assert_eq!(found_codes(&report), ["refused-rule"], "{rule}");
        assert_eq!(report["checked"], "the rule, and by the default rule the pipeline `payments`");
        let message = report["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{rule}: {message}");
        assert_eq!(policygen(&["doctor", "--rule", path]).code, 10);
    }
    let ran = policygen(&["doctor", "--rule", "no-such-file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`no-such-file` cannot be read"), "{}", ran.stderr);
}

/// What `generate` puts into a pipeline is sound; it cannot know who is to be notified.
#[test]
fn a_pipeline_that_generate_patched_is_sound() {
    let pipeline = fixture("pipeline/good.json");
    let patched = generate(&["--patch-pipeline", &pipeline, "--print", "pipeline.json"]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
    let (ran, report) =
        DOCTOR.examine(&serde_json::from_str(&patched.stdout).unwrap(), &["--fail-on", "warning"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(found_codes(&report), ["no-notification", "no-notification"]);
}
