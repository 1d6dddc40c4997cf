//! `policygen evidence --cache`: what was read once is not asked for again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::evidence::without_cover;
use crate::evidence_live::{paged, serve};
use crate::history::{Saved, execution, released};
use crate::program::{Ran, command, policygen, ran};

const FIRST: &str = "11111111-1111-4111-8111-111111111111";
const SECOND: &str = "22222222-2222-4222-8222-222222222222";

/// A server with a history that tests may change, and what it was asked.
struct Aws {
    url: String,
    saved: Arc<Mutex<Saved>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Aws {
    fn new(saved: Saved) -> Self {
        let saved = Arc::new(Mutex::new(saved));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (history, log) = (Arc::clone(&saved), Arc::clone(&asked));
        let url = serve(move |operation, body| {
            if operation == "GetPipeline" {
                return (
                    200,
                    json!({
                        "pipeline": {"name": "payments", "roleArn": "r", "stages": []},
                        "metadata": {
                            "pipelineArn": "arn:aws:codepipeline:eu-west-1:111122223333:payments"
                        }
                    }),
                );
            }
            if operation == "ListActionExecutions" {
                let id = body["filter"]["pipelineExecutionId"].as_str().unwrap().to_owned();
                log.lock().unwrap().push(id);
            }
            (200, paged(&history.lock().unwrap(), 100, operation, body))
        });
        Self { url, saved, asked }
    }

    fn evidence(&self, cache: &Path) -> Ran {
        let output = command()
            .envs([("AWS_ACCESS_KEY_ID", "AKIAOFBOB"), ("AWS_SECRET_ACCESS_KEY", "hush")])
            .args(["evidence", "--pipeline=payments", "--region=eu-west-1", "--format=json"])
            .args(["--endpoint-url", &self.url, "--cache", cache.to_str().unwrap()])
            .output()
            .unwrap();
        ran(&output)
    }

    /// The executions that were asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

fn history() -> Saved {
    execution().with(released(SECOND, 1))
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let folder = cache.join("111122223333/eu-west-1/payments");
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_was_read_is_not_asked_for_again_and_the_report_is_the_same() {
    let (aws, cache) = (Aws::new(history()), TempDir::new().unwrap());
    let first = aws.evidence(cache.path());
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    assert_eq!(aws.asked(), [FIRST, SECOND]);
    let again = aws.evidence(cache.path());
    assert_eq!(aws.asked(), Vec::<String>::new());
    assert_eq!(without_cover(&again.stdout), without_cover(&first.stdout));
    let cover: Value = serde_json::from_str(&again.stdout).unwrap();
    let source = cover["cover"]["sources"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&source["kind"], &source["executions"]), (&json!("cache"), &json!(2)));
}

#[test]
fn only_what_is_new_or_has_changed_is_asked_for() {
    let (aws, cache) = (Aws::new(history()), TempDir::new().unwrap());
    aws.evidence(cache.path());
    aws.asked();
    // A retry changes the summary, and the action that it ran.
    {
        let mut saved = aws.saved.lock().unwrap();
        saved.executions[0]["lastUpdateTime"] = json!("2026-01-02T11:00:00.000000+00:00");
        saved.action("ApprovalB")["updatedBy"] = json!("arn:aws:iam::111122223333:user/alice");
        let third = released("33333333-3333-4333-8333-333333333333", 1);
        *saved = saved.clone().with(third);
    }
    let ran = aws.evidence(cache.path());
    assert_eq!(aws.asked(), [FIRST, "33333333-3333-4333-8333-333333333333"]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.contains("1 of 3 releases was not approved"), "{}", ran.stdout);
    aws.evidence(cache.path());
    assert_eq!(aws.asked(), Vec::<String>::new());
}

#[test]
fn what_can_still_change_is_asked_for_every_time() {
    let now = jiff::Timestamp::now().to_string();
    let running = |saved: &mut Saved| saved.executions[0]["status"] = json!("InProgress");
    let recent = |saved: &mut Saved| saved.executions[0]["lastUpdateTime"] = json!(now.clone());
    let open = |saved: &mut Saved| saved.action("Deploy")["status"] = json!("InProgress");
    let unclear = |saved: &mut Saved| saved.executions[0]["status"] = json!("Resting");
    let changes: [&dyn Fn(&mut Saved); 4] = [&running, &recent, &open, &unclear];
    for change in changes {
        let mut saved = history();
        change(&mut saved);
        let (aws, cache) = (Aws::new(saved), TempDir::new().unwrap());
        aws.evidence(cache.path());
        aws.asked();
        aws.evidence(cache.path());
        assert_eq!(aws.asked(), [FIRST]);
    }
}

#[test]
fn a_damaged_entry_is_asked_for_again_and_said() {
    let (aws, cache) = (Aws::new(history()), TempDir::new().unwrap());
    let clean = aws.evidence(cache.path());
    let text = fs::read_to_string(&files(cache.path())[0]).unwrap();
    let other = fs::read_to_string(&files(cache.path())[1]).unwrap();
    aws.asked();
    for damaged in [
        String::new(),
        "{}".to_owned(),
        text.split_at(text.len() / 2).0.to_owned(),
        // Somebody else approved, according to the entry alone.
        text.replace("user/bob", "user/eve"),
        text.replace("\"sha256\":\"", "\"sha256\":\"0"),
        text.replace("111122223333:payments", "111122223333:refunds"),
        // The entry of another execution.
        other,
    ] {
        fs::write(&files(cache.path())[0], &damaged).unwrap();
        let ran = aws.evidence(cache.path());
        assert_eq!(aws.asked(), [FIRST], "{damaged}");
        assert_eq!(without_cover(&ran.stdout), without_cover(&clean.stdout));
        // An entry of another execution is in order, and of no use.
        let is_said = ran.stderr.contains(&format!("{FIRST}.json` of the cache is damaged"));
        assert!(is_said || damaged.contains(SECOND), "{}", ran.stderr);
        assert_eq!(fs::read_to_string(&files(cache.path())[0]).unwrap(), text, "it is mended");
    }
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let (aws, cache) = (Aws::new(history()), TempDir::new().unwrap());
    aws.evidence(cache.path());
    aws.asked();
    fs::remove_file(&files(cache.path())[1]).unwrap();
    aws.evidence(cache.path());
    assert_eq!(aws.asked(), [SECOND]);
}

#[test]
fn the_cache_has_no_credentials_and_can_be_read_as_saved_lists() {
    let (aws, cache) = (Aws::new(history()), TempDir::new().unwrap());
    let live = aws.evidence(cache.path());
    for file in files(cache.path()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("AKIAOFBOB") && !text.contains("hush"), "{text}");
    }
    let input = cache.path().to_str().unwrap();
    let ran = policygen(&["evidence", "--all", "--format=json", "--input", input]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let live: Value = serde_json::from_str(&live.stdout).unwrap();
    assert_eq!(report["pipelines"][0]["releases"], live["summary"]["releases"]);
    let arn = &report["pipelines"][0]["pipelineArn"];
    assert_eq!(arn, "arn:aws:codepipeline:eu-west-1:111122223333:payments");
}

#[test]
fn a_cache_that_cannot_be_written_does_not_stop_the_report() {
    let aws = Aws::new(history());
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a-file");
    fs::write(&file, "").unwrap();
    let ran = aws.evidence(&file);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("warning: the cache is not complete"), "{}", ran.stderr);
}

/// The texts of a commit and of a comment come back as they were, whatever they look like.
#[test]
fn strange_texts_are_read_back_as_they_were() {
    for summary in [
        r#"{"CommitMessage": "{\"CommitMessage\": \"y\"}"}"#,
        r#" {"ProviderType": "GitHub", "CommitMessage": "fix \u2028 \"it\""}"#,
        "",
        "{",
        "\u{0} \u{202e}",
    ] {
        let mut saved = history();
        saved.executions[0]["sourceRevisions"][0]["revisionSummary"] = json!(summary);
        saved.action("ApprovalA")["output"]["executionResult"]["externalExecutionSummary"] =
            json!(summary);
        let (aws, cache) = (Aws::new(saved), TempDir::new().unwrap());
        let first = aws.evidence(cache.path());
        aws.asked();
        let again = aws.evidence(cache.path());
        assert_eq!(aws.asked(), Vec::<String>::new(), "{summary}");
        assert_eq!(without_cover(&again.stdout), without_cover(&first.stdout), "{summary}");
    }
}
