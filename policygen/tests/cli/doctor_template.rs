//! `policygen doctor --template`: pipelines where they are written.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{found_codes, text};
use crate::doctor::clean;
use crate::program::{Ran, command, fixture, policygen, policygen_reading, ran};

const GATE: &str = "GateName=two-person-rule-gate";

/// Runs `doctor` on a template of the fixtures.
fn doctor(name: &str, arguments: &[&str]) -> Ran {
    let path = fixture(&format!("template/{name}"));
    policygen(&[&["doctor", "--template", &path], arguments].concat())
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

#[test]
fn a_finding_names_the_file_the_line_and_the_logical_id() {
    let folder = TempDir::new().unwrap();
    let template = fs::read_to_string(fixture("template/short-forms.yaml")).unwrap();
    fs::write(folder.path().join("a template.yaml"), template).unwrap();
    for format in ["human", "json", "sarif", "csv"] {
        let mut program = command();
        program.current_dir(&folder).args(["doctor", "--template", "./a template.yaml"]);
        program.args(["--parameter", "Stage=prod", "--format", format]);
        let ran = ran(&program.output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{format}");
        let place = match format {
            "json" => {
                let location = json!({"file": "./a template.yaml", "line": 43, "id": "Pipeline"});
                assert_eq!(report(&ran)["findings"][0]["location"], location);
                continue;
            }
            "sarif" => {
                let place = &report(&ran)["runs"][0]["results"][0]["locations"][0];
                let expected = json!({"artifactLocation": {"uri": "a%20template.yaml"},
                                      "region": {"startLine": 43}});
                assert_eq!(place["physicalLocation"], expected);
                continue;
            }
            "human" => "  at: ./a template.yaml:43 (Pipeline)\n",
            _ => "at ./a template.yaml:43 (Pipeline)",
        };
        assert!(ran.stdout.contains(place), "{}", ran.stdout);
    }
}

#[test]
fn parameters_decide_what_a_template_leaves_open() {
    let clean = doctor("short-forms.yaml", &["--parameter", GATE, "--parameter", "Stage=prod"]);
    assert_eq!((clean.code, clean.stderr.as_str()), (0, ""), "{}", clean.stdout);
    let both = doctor("short-forms.yaml", &["--parameter", GATE, "--format", "json"]);
    assert_eq!((both.code, found_codes(&report(&both))), (10, vec!["no-gate".to_owned()]));
    for wrong in ["Stage", "=prod"] {
        let ran = doctor("short-forms.yaml", &["--parameter", wrong]);
        assert_eq!(ran.code, 2);
        let words = format!("`{wrong}` is not NAME=VALUE");
        assert!(ran.stderr.contains(&words), "{}", ran.stderr);
    }
}

#[test]
fn stages_that_the_template_leaves_open_are_checked_and_not_passed_over() {
    let template = "Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties: {Name: payments, Stages: [!Ref Release]}
";
    let ran = policygen_reading(template, &["doctor", "--template", "-", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{}", ran.stdout);
    assert!(found_codes(&report(&ran)).contains(&"undecided-in-template".to_owned()));
}

#[test]
fn several_files_and_templates_without_a_pipeline() {
    let folder = TempDir::new().unwrap();
    let none = folder.path().join("none.json");
    fs::write(&none, r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}"#).unwrap();
    let alone = policygen(&["doctor", "--template", text(&none)]);
    assert_eq!((alone.code, alone.stdout.as_str()), (3, ""));
    assert!(alone.stderr.contains("none.json` has no pipeline"), "{}", alone.stderr);
    let template = fixture("template/short-forms.yaml");
    let both = policygen(&[
        "doctor",
        "--template",
        text(&none),
        &template,
        "--parameter",
        GATE,
        "--parameter",
        "Stage=prod",
    ]);
    assert_eq!(both.code, 0, "{}", both.stdout);
    assert!(both.stdout.contains("checked the pipeline `payments-release`"), "{}", both.stdout);
    assert!(both.stderr.contains("none.json` has no pipeline"), "{}", both.stderr);
}

#[test]
fn one_file_that_cannot_be_read_does_not_end_the_report() {
    let folder = TempDir::new().unwrap();
    let broken = folder.path().join("broken.json");
    fs::write(&broken, "{").unwrap();
    let template = fixture("template/short-forms.yaml");
    let files = ["doctor", "--template", text(&broken), &template];
    let ran = policygen(&[&files[..], &["--parameter", "Stage=prod"]].concat());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("[undecided-in-template]"), "{}", ran.stdout);
    assert!(ran.stderr.contains("broken.json` cannot be used: it is not JSON"), "{}", ran.stderr);
}

/// The clean pipeline as every tool may have saved it.
#[test]
fn every_encoding_of_every_form_is_read() {
    let whole = clean();
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let indented = serde_json::to_string_pretty(&whole).unwrap();
    let windows = indented.replace('\n', "\r\n");
    // As `--output yaml` quotes texts.
    let yaml = "pipeline:\n  name: payments\n  stages: ".to_owned()
        + &whole["pipeline"]["stages"].to_string()
        + "\n";
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipeline");
    for content in [whole.to_string(), whole["pipeline"].to_string(), indented, windows, yaml] {
        for bytes in [
            content.clone().into_bytes(),
            [b"\xEF\xBB\xBF", content.as_bytes()].concat(),
            utf16(&content),
            gzip(&content),
        ] {
            fs::write(&path, bytes).unwrap();
            let ran = policygen(&["doctor", "--pipeline-file", text(&path)]);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{content}");
            assert!(ran.stdout.contains("0 errors, 0 warnings, 0 notes"), "{}", ran.stdout);
        }
    }
    // JSON that YAML does not know: a pair of surrogates.
    let mut whole = clean().to_string();
    whole = whole.replacen("Release of", "\\ud83d\\ude80 of", 1);
    assert_eq!(policygen_reading(&whole, &["doctor", "--template", "-"]).code, 0);
}

#[test]
fn a_build_that_deploys_is_guarded_if_the_user_says_so() {
    let mut pipeline = clean();
    let apply = json!({"name": "Apply", "actionTypeId": {"category": "Build", "owner": "AWS",
        "provider": "CodeBuild", "version": "1"}, "configuration": {"ProjectName": "apply"}});
    pipeline["pipeline"]["stages"][2]["actions"].as_array_mut().unwrap().push(apply);
    let run = |arguments: &[&str]| {
        let arguments = [&["doctor", "--pipeline-file", "-"], arguments].concat();
        policygen_reading(&pipeline.to_string(), &arguments)
    };
    assert_eq!(run(&[]).code, 0);
    for place in ["Release/Apply", "Release"] {
        let ran = run(&["--deploys", place, "--format", "json"]);
        assert_eq!(ran.code, 10, "{place}");
        assert!(found_codes(&report(&ran)).contains(&"deploy-before-gate".to_owned()));
    }
    let missing = run(&["--deploys", "Release/Applied"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    assert!(
        missing.stderr.contains("`--deploys Release/Applied`: no pipeline"),
        "{}",
        missing.stderr
    );
}
