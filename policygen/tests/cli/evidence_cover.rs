//! `policygen evidence`: the answer, what the report says about itself, and `policygen verify`.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::history::{Saved, execution, released};
use crate::program::{Ran, command, policygen};

/// Runs `evidence` on the lists in a directory.
fn on(directory: &TempDir, saved: &Saved, arguments: &[&str]) -> Ran {
    let [executions, actions] = saved.write(directory);
    let inputs = ["evidence", "--pipeline=payments", "--input", &executions, "--input", &actions];
    policygen(&[&inputs, arguments].concat())
}

fn report(saved: &Saved, arguments: &[&str]) -> Value {
    let ran = on(&TempDir::new().unwrap(), saved, &[&["--format=json"], arguments].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One person approved it, and the gate let it pass.
pub(crate) fn one_person() -> Saved {
    let mut saved = execution();
    saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
    saved
}

/// Another release, which the gate never saw.
fn with_a_release_without_gate(saved: Saved) -> Saved {
    let mut without = released("22222222-2222-4222-8222-222222222222", 1);
    without.actions.retain(|action| action["actionName"] != "Gate");
    saved.with(without)
}

#[test]
fn every_format_that_people_read_begins_with_the_answer() {
    let two = released("22222222-2222-4222-8222-222222222222", 1);
    let mut still = execution();
    still.actions.retain(|action| action["actionName"] == "Source");
    still.executions[0]["status"] = json!("Superseded");
    let mut doubtful = execution();
    doubtful.action("Gate")["output"]["outputVariables"]["PipelineExecutionId"] =
        json!("22222222-2222-4222-8222-222222222222");
    for (saved, arguments, answer, sentence) in [
        (execution(), &[][..], "yes", "Yes: the only release was approved by two people."),
        (
            execution().with(two.clone()),
            &[],
            "yes",
            "Yes: all 2 releases were approved by two people.",
        ),
        (one_person().with(two), &[], "no", "No: 1 of 2 releases was not approved by two people."),
        (doubtful, &[], "no", "No: the record of 1 execution is in doubt."),
        (
            with_a_release_without_gate(execution()),
            &[],
            "no",
            "No: 1 of 2 releases was not approved by two people.",
        ),
        (
            still,
            &[],
            "yes",
            "Yes: nothing was released, so nothing was released without two people.",
        ),
        (
            execution(),
            &["--since", "2027-01-01"],
            "none",
            "Neither yes nor no: there is no execution to judge.",
        ),
    ] {
        let json = report(&saved, arguments);
        assert_eq!(json["answer"]["answer"], answer, "{sentence}");
        assert_eq!(json["answer"]["sentence"], sentence);
        let human = on(&TempDir::new().unwrap(), &saved, arguments).stdout;
        assert_eq!(human.lines().next(), Some(sentence));
        if answer != "none" {
            assert_eq!(human.lines().last(), Some(sentence));
        }
        let html =
            on(&TempDir::new().unwrap(), &saved, &[arguments, &["--format=html"]].concat()).stdout;
        assert!(html.contains(&format!("<h1>{sentence}</h1>")), "{sentence}");
    }
}

#[test]
fn the_answer_has_the_colour_of_what_it_says() {
    let directory = TempDir::new().unwrap();
    for (saved, arguments, colour) in [
        (execution(), &[][..], "\u{1b}[32m"),
        (one_person(), &[], "\u{1b}[31m"),
        (execution(), &["--since=2027-01-01"], "\u{1b}[33m"),
    ] {
        let [executions, actions] = saved.write(&directory);
        let output = command()
            .args(["evidence", "--pipeline=payments", "--input", &executions])
            .args(["--input", &actions])
            .args(arguments)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        let first = String::from_utf8(output.stdout).unwrap();
        let first = first.lines().next().unwrap();
        assert!(first.contains(colour), "{first:?}");
    }
}

#[test]
fn a_quorum_of_three_is_asked_for_in_words() {
    let rule = crate::checker::file(&json!({"quorum": 3}));
    let json = report(&execution(), &["--rule", crate::checker::text(rule.path())]);
    assert_eq!(
        json["answer"]["sentence"],
        "No: the only release was not approved by three people."
    );
}

/// The rule asks for two, and an action may ask for more.
#[test]
fn the_answer_says_how_many_people_each_release_needed() {
    let mut asks_for_three = execution();
    for name in ["configuration", "resolvedConfiguration"] {
        asks_for_three.action("Gate")["input"][name]["UserParameters"] = json!(r#"{"quorum": 3}"#);
    }
    let sentence = |saved: &Saved| report(saved, &[])["answer"]["sentence"].clone();
    assert_eq!(sentence(&asks_for_three), "No: the only release was not approved by three people.");
    let both = asks_for_three.with(released("22222222-2222-4222-8222-222222222222", 1));
    assert_eq!(
        sentence(&both),
        "No: 1 of 2 releases was not approved by as many people as the rule asked for (two or \
         three)."
    );
}

#[test]
fn a_cause_is_said_once_for_all_lists_of_actions_and_all_executions() {
    let mut saved = one_person();
    for name in ["configuration", "resolvedConfiguration"] {
        saved.action("Gate")["input"][name]["UserParameters"] =
            json!(r#"{"actions": ["ApprovalA", "ApprovalB"]}"#);
    }
    let rule = crate::checker::file(&json!({"actions": ["ApprovalA", "ApprovalB"]}));
    let json = report(&saved, &["--rule", crate::checker::text(rule.path())]);
    let reasons = json["executions"][0]["decision"]["reasons"].as_array().unwrap().clone();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["same-person", "quorum-not-met"], "{reasons:?}");

    let text = on(&TempDir::new().unwrap(), &with_a_release_without_gate(execution()), &[]).stdout;
    assert_eq!(text.matches("the gate never ran in it").count(), 1, "{text}");
}

/// Each of 25 executions used to say it.
#[test]
fn a_missing_list_is_one_error() {
    let directory = TempDir::new().unwrap();
    let saved = execution().with(released("22222222-2222-4222-8222-222222222222", 1));
    let [executions, actions] = saved.write(&directory);
    let mut others = execution();
    for action in &mut others.actions {
        action["pipelineExecutionId"] = json!("33333333-3333-4333-8333-333333333333");
    }
    let elsewhere = TempDir::new().unwrap();
    let [_, unrelated] = others.write(&elsewhere);
    for (inputs, reason) in [
        (&[&*executions][..], "list-action-executions --pipeline-name payments"),
        (&[&actions], "list-pipeline-executions --pipeline-name payments"),
        (&[&executions, &unrelated], "none of the 2 executions in one --input occurs"),
    ] {
        let inputs: Vec<&str> = inputs.iter().flat_map(|path| ["--input", path]).collect();
        let ran = policygen(&[&["evidence", "--pipeline=payments"], inputs.as_slice()].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn the_cover_says_from_what_and_when_and_by_which_rule_the_report_was_made() {
    let directory = TempDir::new().unwrap();
    let saved = execution().with(released("22222222-2222-4222-8222-222222222222", 1));
    let rule = directory.path().join("rule.json");
    fs::write(&rule, "{ \"quorum\" : 2,\n \"actions\": [\"ApprovalA\", \"ApprovalB\"] }\n")
        .unwrap();
    let arguments = ["--rule", rule.to_str().unwrap(), "--since", "2026-01-02", "--format"];
    let json = on(&directory, &saved, &[&arguments, &["json"][..]].concat()).stdout;
    let cover = serde_json::from_str::<Value>(&json).unwrap()["cover"].take();
    // The digest does not depend on white space or on the order of keys.
    let canonical = r#"{"actions":["ApprovalA","ApprovalB"],"quorum":2}"#;
    assert_eq!(cover["rule"]["digest"], format!("sha256:{}", sha256(canonical.as_bytes())));
    assert_eq!(cover["rule"]["text"]["quorum"], 2);
    assert_eq!(cover["pipelineArn"], "arn:aws:codepipeline:*:111122223333:payments");
    assert_eq!(
        (&cover["account"], &cover["accountFrom"]),
        (&json!("111122223333"), &json!("principals"))
    );
    assert_eq!(cover["firstStartedAt"], "2026-01-02T10:00:00.123Z");
    assert_eq!(cover["region"], Value::Null);
    for source in cover["sources"].as_array().unwrap() {
        let content = fs::read(source["path"].as_str().unwrap()).unwrap();
        assert_eq!(source["sha256"], sha256(&content), "{source}");
    }
    assert_eq!(cover["sources"].as_array().unwrap().len(), 3);
    let count = |name: &str| cover["counts"][name].as_u64().unwrap();
    assert_eq!((count("executionsListed"), count("executionsJudged")), (2, 1));
    assert_eq!(count("executionsOutside"), 1);
    assert_eq!(count("actionsRead"), count("actionsUsed") + count("actionsOutside"));
    assert_eq!(count("actionsRead"), 10);
    let version = policygen(&["--version"]).stdout;
    assert_eq!(version.trim_end(), format!("policygen {}", cover["version"].as_str().unwrap()));

    let digest = sha256(&fs::read(&rule).unwrap());
    for (format, more) in [("html", &[][..]), ("csv", &["--cover"])] {
        let text = on(&directory, &saved, &[&arguments, &[format][..], more].concat()).stdout;
        let (before, _) = text.split_once(" by policygen ").unwrap();
        let made = before.get(before.len() - "2026-01-02T10:00:00Z".len()..).unwrap();
        assert!(made.parse::<Timestamp>().is_ok(), "{format}: {made}");
        for wanted in [
            "arn:aws:codepipeline:*:111122223333:payments",
            &digest,
            cover["rule"]["digest"].as_str().unwrap(),
            cover["version"].as_str().unwrap(),
            "2 executions listed: 1 judged, 1 outside the question",
            "111122223333 (",
            "10 action executions read: 5 used, 5 outside the question",
            "executions started since 2026-01-02T00:00:00Z",
            "not known: saved lists do not say it",
            "executions started from 2026-01-02T10:00:00Z to 2026-01-02T10:00:00Z",
            &format!(
                "rule.json (--rule): {} bytes, sha256 {digest}",
                fs::metadata(&rule).unwrap().len()
            ),
        ] {
            assert!(text.contains(wanted), "{format}: {wanted}");
        }
        // What there is nothing of is not counted.
        assert!(!text.contains("0 repeated"), "{format}");
    }
    let csv = on(&directory, &saved, &[&arguments, &["csv"][..]].concat()).stdout;
    assert!(csv.starts_with("pipeline,"), "{csv}");
}

#[test]
fn executions_that_only_their_actions_show_are_counted_apart() {
    let mut saved = execution().with(released("22222222-2222-4222-8222-222222222222", 1));
    let page = |saved: &Saved| on(&TempDir::new().unwrap(), saved, &["--format=html"]).stdout;
    assert!(!page(&saved).contains("only in the list"));
    saved.executions.remove(0);
    let html = page(&saved);
    for wanted in
        ["1 execution listed: 1 judged", "1 execution only in the list of action executions"]
    {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
}

#[test]
fn a_manifest_has_the_hashes_of_what_was_read_and_written() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("manifest.json");
    for format in ["human", "json", "csv", "html", "sarif"] {
        let manifest = path.to_str().unwrap();
        let ran = on(&directory, &execution(), &["--format", format, "--manifest", manifest]);
        let manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(manifest["output"]["sha256"], sha256(ran.stdout.as_bytes()), "{format}");
        assert_eq!(manifest["output"]["format"], format);
        let inputs = manifest["inputs"].as_array().unwrap();
        assert_eq!(inputs.len(), 2);
        for input in inputs {
            let content = fs::read(input["path"].as_str().unwrap()).unwrap();
            assert_eq!(input["sha256"], sha256(&content));
        }
    }
}

/// Writes a report and returns its path.
fn saved_report(directory: &TempDir, arguments: &[&str]) -> String {
    let ran = on(directory, &one_person(), &[&["--format=json"], arguments].concat());
    let path = directory.path().join("report.json");
    fs::write(&path, &ran.stdout).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_report_is_the_same_when_it_is_made_again() {
    let directory = TempDir::new().unwrap();
    let rule = directory.path().join("rule.json");
    fs::write(&rule, r#"{"maxAgeMinutes": 600}"#).unwrap();
    let accept = directory.path().join("accept.json");
    let entry = json!([{"code": "unsatisfied-release", "subject": "arn:aws:codepipeline:*",
        "reason": "INC-204", "expires": "2999-12-31"}]);
    fs::write(&accept, entry.to_string()).unwrap();
    let (rule, accept) = (rule.to_str().unwrap(), accept.to_str().unwrap());
    for arguments in [
        &[][..],
        &["--rule", rule, "--accept", accept, "--account", "111122223333"],
        &["--since", "2026-01-01", "--until", "2026-01-31", "--region", "eu-west-1"],
        &["--execution", "11111111-1111-4111-8111-111111111111"],
        &["--gate-function", "arn:aws:lambda:eu-west-1:111122223333:function:two-person-rule-gate"],
    ] {
        let path = saved_report(&directory, arguments);
        let ran = policygen(&["verify", &path]);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.starts_with("Yes: the report is the same"), "{}", ran.stdout);
    }
}

#[test]
fn a_changed_report_or_input_is_named() {
    let directory = TempDir::new().unwrap();
    let path = saved_report(&directory, &[]);
    let whole = fs::read_to_string(&path).unwrap();
    for (from, to, place) in [
        ("\"verdict\": \"unsatisfied\"", "\"verdict\": \"satisfied\"", "/executions/0/"),
        ("\"answer\": \"no\"", "\"answer\": \"yes\"", "/answer/answer"),
        ("\"released\": true", "\"released\": false", "/executions/0/released"),
        ("user/alice\"", "user/bob\"", "/executions/0/"),
        ("\"executionsListed\": 1", "\"executionsListed\": 2", "/cover/counts/executionsListed"),
    ] {
        assert!(whole.contains(from), "{from}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let ran = policygen(&["verify", &path]);
        assert_eq!(ran.code, 10, "{from}: {}", ran.stderr);
        assert!(ran.stdout.starts_with("No: the report differs"), "{}", ran.stdout);
        assert!(ran.stdout.contains(place), "{from}: {}", ran.stdout);
    }
    fs::write(&path, &whole).unwrap();
    let actions = directory.path().join("actions.json");
    let content = fs::read_to_string(&actions).unwrap();
    fs::write(&actions, format!("{content}\n")).unwrap();
    let ran = policygen(&["verify", &path]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.contains("actions.json is another one"), "{}", ran.stdout);
    fs::remove_file(&actions).unwrap();
    let ran = policygen(&["verify", &path]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("actions.json` cannot be read"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_made_again_is_said() {
    let directory = TempDir::new().unwrap();
    let path = saved_report(&directory, &[]);
    let mut live: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    live["cover"]["sources"] = json!([{"kind": "calls", "operation": "codepipeline:ListPipelineExecutions",
        "requests": 1, "entries": 1}]);
    for (text, reason) in [
        (live.to_string(), "was made from calls to AWS"),
        ("{}".to_owned(), "is not a report"),
        ("no".to_owned(), "is not a report"),
    ] {
        fs::write(&path, text).unwrap();
        let ran = policygen(&["verify", &path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    assert!(Path::new(&path).exists());
}

#[test]
fn the_rule_of_the_gate_is_compared_with_the_rule_of_the_report() {
    let rule = r#"{"maxAgeMinutes":600}"#;
    let digest = format!("sha256:{}", sha256(rule.as_bytes()));
    let reporting = |mut saved: Saved| {
        saved.action("Gate")["output"]["outputVariables"]["RuleDigest"] = json!(digest);
        saved.action("Gate")["output"]["outputVariables"]["GateVersion"] = json!("0.1.0");
        saved
    };
    let mut older = released("22222222-2222-4222-8222-222222222222", 1);
    older = reporting(older);
    let saved = reporting(execution()).with(older);
    let directory = TempDir::new().unwrap();
    let same = directory.path().join("same.json");
    fs::write(&same, "{\"maxAgeMinutes\": 600}\n").unwrap();
    let other = directory.path().join("other.json");
    fs::write(&other, "{\"maxAgeMinutes\": 500}").unwrap();

    let ran = on(&directory, &saved, &["--rule", same.to_str().unwrap(), "--fail-on=note"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);

    let ran = on(&directory, &saved, &["--rule", other.to_str().unwrap(), "--fail-on=warning"]);
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("warning[rule-differs]").count(), 1, "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().next(), Some("Yes: all 2 releases were approved by two people."));

    let ran = on(&directory, &saved, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("give the gate's rule with --rule"), "{}", ran.stderr);
}
