//! `docs/break-glass.md`: what `policygen evidence` prints for a release without two people, before
//! and after somebody has justified it.

use serde_json::json;
use tempfile::TempDir;

use crate::checker::days_from_now;
use crate::history::{Saved, at, execution, released};
use crate::program::{Ran, command, ran};

const PAGE: &str = include_str!("../../../docs/break-glass.md");

/// The last day of the acceptance in the page. Tests replace it, since it will pass.
const LAST_DAY: &str = "2027-03-31";

/// The first block of the page in this language that has this text in it, without its indentation.
fn block(language: &str, with: &str) -> String {
    let fence = format!("```{language}\n");
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once(&fence) {
        let indent = before.rsplit('\n').next().unwrap();
        let (block, further) = after.split_once(&format!("{indent}```")).unwrap();
        let block = block.replace(&format!("\n{indent}"), "\n").replacen(indent, "", 1);
        if block.contains(with) {
            return block;
        }
        rest = further;
    }
    panic!("the page has no block with {with}");
}

/// Two releases in order, and a rollback that carol started with the role for emergencies.
fn history() -> Saved {
    let mut rollback = released("3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001", 0);
    rollback.actions.retain(|action| action["actionName"] == "Deploy");
    rollback.executions[0]["executionType"] = json!("ROLLBACK");
    rollback.executions[0]["startTime"] = json!(at(59, 0));
    rollback.executions[0]["trigger"] = json!({
        "triggerType": "ManualRollback",
        "triggerDetail": r#"{"AwsUserArn":"arn:aws:sts::111122223333:assumed-role/BreakGlass/carol"}"#,
    });
    execution().with(released("22222222-2222-4222-8222-222222222222", 1)).with(rollback)
}

fn evidence(arguments: &[&str]) -> Ran {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = history().write(&directory);
    let inputs = ["evidence", "--pipeline=payments", "--input", &executions, "--input", &actions];
    // As wide as the page.
    let output = command().env("COLUMNS", "80").args(inputs).args(arguments).output().unwrap();
    ran(&output)
}

#[test]
fn a_release_without_two_people_is_printed_as_the_page_shows() {
    let ran = evidence(&[]);
    assert_eq!(ran.code, 10);
    let page = block("text", "No: 1 of 3 releases was not approved by two people.\n");
    assert!(ran.stdout.starts_with(&page), "{}", ran.stdout);
}

#[test]
fn a_justified_release_is_printed_as_the_page_shows() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("accepted.json");
    let tomorrow = days_from_now(1);
    let entries = block("json", "\"no-gate\"").replace(LAST_DAY, &tomorrow);
    std::fs::write(&file, entries).unwrap();
    let accept = ["--accept", file.to_str().unwrap()];
    let ran = evidence(&accept);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let page = block("text", "it is a justified exception").replace(LAST_DAY, &tomorrow);
    assert!(ran.stdout.starts_with(&page), "{}", ran.stdout);
}
