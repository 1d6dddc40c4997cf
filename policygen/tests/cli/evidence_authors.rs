//! `policygen evidence`: the authors and reviews of each release.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{file, text};
use crate::evidence::{alone, with_details, without_cover};
use crate::history::{Saved, action, execution, released};
use crate::program::policygen;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A rule that believes the reviews function.
fn rule(excludes_authors: bool) -> Value {
    json!({
        "people": {
            "alice": ["arn:aws:iam::111122223333:user/alice", "github:alice-gh"],
            "bob": ["arn:aws:iam::111122223333:user/bob", "github:bob-gh/7"],
            "carol": ["arn:aws:iam::111122223333:user/carol", "github:carol-gh"],
        },
        "reviews": {"function": "two-person-rule-reviews"},
        "excludeAuthors": excludes_authors,
    })
}

/// Lets the reviews function say this in an execution, about the commit that it releases.
fn reviewed(mut saved: Saved, authors: &str, pushers: &str, says: &str) -> Saved {
    saved.action("Source")["output"]["executionResult"]["externalExecutionId"] = json!(COMMIT);
    let mut run = action("Check", "Reviews", ("Invoke", "Lambda"), (0, 35), (0, 50));
    let source = saved.action("Source").clone();
    run["pipelineExecutionId"] = source["pipelineExecutionId"].clone();
    for time in ["startTime", "lastUpdateTime"] {
        run[time] = source["lastUpdateTime"].clone();
    }
    let configuration = json!({"FunctionName": "two-person-rule-reviews"});
    run["input"]["configuration"] = configuration.clone();
    run["input"]["resolvedConfiguration"] = configuration;
    run["output"]["outputVariables"] = json!({
        "Base": "89abcdef0123456789abcdef0123456789abcdef", "Head": COMMIT, "Authors": authors,
        "Pushers": pushers, "Reviewers": "github:carol-gh github:dave-gh", "Reviewed": says,
        "Summary": "2 commits",
    });
    saved.actions.push(run);
    saved
}

/// The only execution of a JSON report, and the exit code.
fn judged(saved: Saved, rule: &Value) -> (Value, i32) {
    let rule = file(rule);
    let ran = alone(&saved, &["--rule", text(rule.path())]);
    assert_ne!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    (report["executions"][0].clone(), ran.code)
}

/// The codes and the messages of its exceptions.
fn exceptions(execution: &Value) -> Vec<(&str, &str)> {
    let found = execution["exceptions"].as_array().unwrap().iter();
    found.map(|it| (it["code"].as_str().unwrap(), it["message"].as_str().unwrap())).collect()
}

#[test]
fn a_reviewed_release_says_who_wrote_pushed_and_reviewed_it() {
    let saved = reviewed(execution(), "github:erin-gh/9 github:mallory", "github:erin-gh/9", "yes");
    let (execution, _) = judged(saved, &rule(false));
    assert_eq!(exceptions(&execution), []);
    assert_eq!(
        execution["reviews"],
        json!({
            "reviewed": "yes",
            "authors": ["github:erin-gh/9", "github:mallory"],
            "pushers": ["github:erin-gh/9"],
            "reviewers": ["github:carol-gh", "github:dave-gh"],
        })
    );
}

#[test]
fn a_release_without_its_reviews_is_an_error() {
    let saved = reviewed(execution(), "github:carol-gh", "-", "no: 0123456 was pushed directly");
    let (found, code) = judged(saved, &rule(false));
    let message = "This execution was released, and not every change in it was reviewed: 0123456 \
                   was pushed directly.";
    assert_eq!(exceptions(&found), [("unreviewed-release", message)]);
    assert_eq!((found["verdict"].as_str(), code), (Some("satisfied"), 10));
    assert_eq!(found["reviews"]["reviewed"], "no: 0123456 was pushed directly");
}

#[test]
fn what_is_not_believed_is_unknown_and_an_error() {
    let ran = |change: fn(&mut Value)| {
        let mut saved = reviewed(execution(), "github:carol-gh", "-", "yes");
        change(saved.action("Reviews"));
        let (execution, code) = judged(saved, &rule(false));
        assert_eq!(code, 10);
        let codes: Vec<&str> = exceptions(&execution).iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, ["unreviewed-release"]);
        assert_eq!(execution["reviews"]["authors"], json!([]));
        execution["reviews"]["reviewed"].as_str().unwrap().to_owned()
    };
    let of_another = ran(|run| {
        for configuration in ["configuration", "resolvedConfiguration"] {
            run["input"][configuration]["FunctionName"] = json!("always-yes");
        }
    });
    let did_not_run = "unknown: the function `two-person-rule-reviews`, which says who wrote it, \
                       has not run in this execution";
    assert_eq!(of_another, did_not_run);
    assert_eq!(ran(|run| run["input"]["actionTypeId"]["provider"] = json!("Other")), did_not_run);
    // A function has one role and one account in each region. The approvals name none.
    assert_eq!(ran(|run| run["input"]["region"] = json!("eu-west-1")), did_not_run);
    let failed = ran(|run| run["status"] = json!("Failed"));
    assert_eq!(failed, "unknown: Reviews, which says who wrote it, has not succeeded");
    let another = ran(|run| run["output"]["outputVariables"]["Head"] = json!("89abcdef"));
    let head = format!("unknown: Reviews looked at 89abcdef, and this execution releases {COMMIT}");
    assert_eq!(another, head);
}

#[test]
fn an_author_who_approved_is_named_whether_the_rule_excludes_authors_or_not() {
    let saved = || reviewed(execution(), "github:dave-gh", "github:bob-gh-renamed/7", "yes");
    let (execution, code) = judged(saved(), &rule(false));
    let counted = "ApprovalB was approved by github:bob-gh-renamed/7, who wrote or pushed some of \
                   what was released, and the approval counted.";
    assert_eq!(exceptions(&execution), [("author-approved", counted)]);
    assert_eq!((execution["verdict"].as_str(), code), (Some("satisfied"), 0));

    // The gate let it pass by another rule.
    let mut rule = rule(true);
    rule["people"]["dave"] = json!(["github:dave-gh"]);
    let (execution, code) = judged(saved(), &rule);
    let codes: Vec<&str> = exceptions(&execution).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["unsatisfied-release", "verdict-differs", "author-approved"]);
    assert_eq!((execution["verdict"].as_str(), code), (Some("unsatisfied"), 10));
    assert_eq!(execution["approvals"][1]["reason"], "author");
}

#[test]
fn an_author_nobody_knows_accuses_no_approver() {
    let saved = reviewed(execution(), "github:mallory", "-", "yes");
    let (execution, _) = judged(saved, &rule(true));
    let codes: Vec<&str> = exceptions(&execution).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["unsatisfied-release", "verdict-differs"]);
}

#[test]
fn a_release_that_stopped_is_no_exception_and_a_rule_without_reviews_asks_nothing() {
    let mut stopped = reviewed(execution(), "github:bob-gh/7", "-", "no: nobody reviewed it");
    stopped.actions.retain(|action| action["actionName"] != "Deploy");
    stopped.executions[0]["status"] = json!("Failed");
    stopped.action("Gate")["status"] = json!("Failed");
    stopped.action("Gate")["output"] = json!({"executionResult": {"errorDetails": {
        "code": "JobFailed", "message": "Refused: 0 distinct persons counted, 2 required.\n"}}});
    let (execution, _) = judged(stopped, &rule(true));
    assert_eq!(exceptions(&execution), []);
    assert_eq!(execution["reviews"]["reviewed"], "no: nobody reviewed it");

    let saved = reviewed(crate::history::execution(), "github:bob-gh/7", "-", "no: nobody");
    let (execution, code) = judged(saved, &json!({}));
    assert_eq!((exceptions(&execution), code), (Vec::new(), 0));
    assert!(execution.get("reviews").is_none());
}

#[test]
fn every_format_shows_who_wrote_and_reviewed_it() {
    let rule = file(&rule(false));
    let older = released("22222222-2222-4222-8222-222222222222", 1);
    let older = reviewed(older, "github:alice-gh", "-", "no: 89abcde has 0 of 1 reviews");
    let newer = reviewed(execution(), "github:erin-gh/9", "github:erin-gh/9", "yes");
    let directory = TempDir::new().unwrap();
    let inputs = newer.with(older).write(&directory);
    for format in ["human", "csv", "html"] {
        let arguments = ["evidence", "--pipeline", "payments", "--input", &inputs[0], "--input"];
        let further = [&inputs[1], "--rule", text(rule.path()), "--format", format];
        let ran = policygen(&[&arguments[..], &further[..]].concat());
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        let shown = without_cover(&with_details(&ran.stdout));
        match format {
            // The page has a snapshot elsewhere. This is what the function said in it.
            "html" => {
                for text in ["github:erin-gh/9", "89abcde has 0 of 1 reviews", "Written by"] {
                    assert!(shown.contains(text), "{text}");
                }
            }
            format => insta::assert_snapshot!(format!("authors.{format}"), shown),
        }
    }
}
