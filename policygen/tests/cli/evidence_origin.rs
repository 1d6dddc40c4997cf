//! `policygen evidence` over lists that name their pipeline, as those of the archive do: files of
//! other pipelines are left out.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::history::execution;
use crate::program::{Ran, policygen};

const PAYMENTS: &str = "arn:aws:codepipeline:eu-west-1:111122223333:payments";
const IN_THE_US: &str = "arn:aws:codepipeline:us-east-1:111122223333:payments";
const OF_ANOTHER_ACCOUNT: &str = "arn:aws:codepipeline:eu-west-1:444455556666:payments";

/// Runs `evidence` on one list for each of these pipelines.
fn evidence(arns: &[&str], arguments: &[&str]) -> Ran {
    let folder = TempDir::new().unwrap();
    for (number, arn) in arns.iter().enumerate() {
        let saved = execution();
        let list = json!({
            "pipelineArn": arn,
            "pipelineExecutionSummaries": saved.executions,
            "actionExecutionDetails": saved.actions,
        });
        fs::write(folder.path().join(format!("{number}.json")), list.to_string()).unwrap();
    }
    let input = folder.path().to_str().unwrap();
    let command = ["evidence", "--pipeline=payments", "--input", input, "--format=json"];
    policygen(&[&command, arguments].concat())
}

/// The pipeline that a report is about. Whether its people are of its account is another matter.
#[track_caller]
fn judged(arns: &[&str], arguments: &[&str]) -> String {
    let ran = evidence(arns, &[arguments, &["--fail-on=never"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let arn = report["cover"]["pipelineArn"].as_str().unwrap();
    assert_eq!(report["cover"]["region"], arn.split(':').nth(3).unwrap());
    arn.to_owned()
}

#[track_caller]
fn refused(arns: &[&str], arguments: &[&str], why: &str) {
    let ran = evidence(arns, arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

#[test]
fn of_several_pipelines_with_one_name_the_one_asked_for_is_judged() {
    let all = [PAYMENTS, IN_THE_US, OF_ANOTHER_ACCOUNT];
    refused(&all, &[], "several pipelines with this name: `arn:aws:codepipeline:eu-west-1:1111");
    refused(&all, &["--account=111122223333"], &format!("`{PAYMENTS}`, `{IN_THE_US}`"));
    refused(&all, &["--region=eu-west-1"], &format!("`{PAYMENTS}`, `{OF_ANOTHER_ACCOUNT}`"));
    for arn in all {
        let parts: Vec<&str> = arn.split(':').collect();
        let [region, account] = [("--region", parts[3]), ("--account", parts[4])]
            .map(|(option, value)| format!("{option}={value}"));
        assert_eq!(judged(&all, &[&region, &account]), arn);
    }
}

#[test]
fn lists_of_other_pipelines_alone_are_refused_with_what_there_is() {
    let refunds = "arn:aws:codepipeline:eu-west-1:111122223333:refunds";
    refused(
        &[refunds],
        &[],
        &format!(
            "no file of --input is of the pipeline `payments`; they are \
                                       of `{refunds}`"
        ),
    );
    refused(&[PAYMENTS], &["--account=444455556666"], "check --pipeline, --account and --region");
    assert_eq!(judged(&[refunds, PAYMENTS], &[]), PAYMENTS);
}

#[test]
fn a_list_whose_pipeline_is_not_an_arn_of_one_is_refused() {
    for arn in ["payments", "arn:aws:s3:::payments", "arn:aws:codepipeline:eu-west-1::payments"] {
        refused(&[arn], &[], "its `pipelineArn` is not the ARN of a pipeline");
    }
}
