//! AWS's answers, and what the gate reports for them: the adapter's half of the outcome table,
//! through the AWS SDK.

#![cfg(test)]

#[path = "wire/example.rs"]
mod example;
mod wire;

use example::{EXECUTION, invoke, replies};
use serde_json::{Value, json};
use wire::{Invocation, Reply, event, well};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn satisfied() -> Vec<Reply> {
    well(replies("Succeeded", Some(BOB)))
}

/// The same replies, but one operation fails.
fn with_error(
    mut replies: Vec<Reply>,
    operation: &'static str,
    status: u16,
    code: &str,
) -> Vec<Reply> {
    replies.retain(|reply| reply.operation != operation);
    let body = json!({"__type": code, "message": "because"}).to_string().into_bytes();
    replies.push(Reply { operation, status, body });
    replies
}

/// What was sent to an operation. It must have been called exactly once.
fn only<'a>(invocation: &'a Invocation, operation: &str) -> &'a Value {
    let sent: Vec<&Value> = invocation
        .calls
        .iter()
        .filter(|(name, _)| name == operation)
        .map(|(_, sent)| sent)
        .collect();
    assert_eq!(sent.len(), 1, "{operation}: {:?}\n{}", invocation.calls, invocation.journal);
    sent[0]
}

fn count(invocation: &Invocation, operation: &str) -> usize {
    invocation.calls.iter().filter(|(name, _)| name == operation).count()
}

const READS: [&str; 4] =
    ["GetJobDetails", "ListActionExecutions", "GetPipelineState", "GetPipelineExecution"];

#[test]
fn errors_of_aws_become_the_failure_type_of_the_table() {
    for operation in READS {
        for (status, code, expected, tried_again) in [
            (400, "AccessDeniedException", "PermissionError", false),
            (400, "ThrottlingException", "SystemUnavailable", true),
            (400, "TooManyRequestsException", "SystemUnavailable", true),
            (429, "Anything", "SystemUnavailable", true),
            (500, "InternalFailure", "SystemUnavailable", true),
            (503, "ServiceUnavailable", "SystemUnavailable", true),
            (400, "PipelineNotFoundException", "SystemUnavailable", false),
            (400, "ExpiredTokenException", "SystemUnavailable", false),
        ] {
            let invocation =
                invoke(&event().to_string(), with_error(satisfied(), operation, status, code));
            let details = &only(&invocation, "PutJobFailureResult")["failureDetails"];
            assert_eq!(details["type"], expected, "{operation} {code}: {details}");
            let message = details["message"].as_str().unwrap();
            assert!(message.contains(operation), "{operation} {code}: {message}");
            assert_eq!(
                message.contains(&format!("codepipeline:{operation}")),
                expected == "PermissionError",
                "{message}"
            );
            assert_eq!(count(&invocation, operation) > 1, tried_again, "{operation} {code}");
            assert_eq!(count(&invocation, "PutJobSuccessResult"), 0);
        }
    }
}

/// The digest of the gate's rule here: `printf '{"excludeInitiator":true}' | sha256sum`.
const RULE_DIGEST: &str = "sha256:5748f92d1c8fff82bce479044635e2b267ef11097001c2836cadfd824ab2f1f0";

#[test]
fn a_success_carries_its_output_variables() {
    let invocation = invoke(&event().to_string(), satisfied());
    let sent = only(&invocation, "PutJobSuccessResult");
    assert_eq!(sent["jobId"], "11111111-abcd-1111-abcd-111111abcdef");
    let variables = json!({"Verdict": "satisfied", "Approvers": "alice, bob", "ApproverCount": "2", "PipelineExecutionId": EXECUTION, "Basis": "user", "GateVersion": lambda::VERSION, "RuleDigest": RULE_DIGEST});
    let mut sent_variables = sent["outputVariables"].clone();
    let summary = sent_variables.as_object_mut().unwrap().remove("Summary").unwrap();
    assert_eq!(sent_variables, variables);
    assert!(summary.as_str().unwrap().starts_with("Satisfied by alice and bob"), "{summary}");
    // AWS does not show the summary of a success to anybody.
    assert!(sent.get("executionDetails").is_none(), "{sent}");
    assert_eq!(count(&invocation, "PutJobFailureResult"), 0);
}

#[test]
fn a_refusal_and_a_bad_rule_have_types_of_their_own() {
    let refused = invoke(
        &event().to_string(),
        well(replies("Succeeded", Some("arn:aws:iam::111122223333:user/Alice"))),
    );
    assert_eq!(only(&refused, "PutJobFailureResult")["failureDetails"]["type"], "JobFailed");

    let mut event = event();
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] =
        json!("{\"quorum\": 1}");
    let mut replies = replies("Succeeded", Some(BOB));
    replies[0].1["jobDetails"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] =
        json!("{\"quorum\": 1}");
    let misconfigured = invoke(&event.to_string(), well(replies));
    let details = &only(&misconfigured, "PutJobFailureResult")["failureDetails"];
    assert_eq!(details["type"], "ConfigurationError");
    assert!(details["message"].as_str().unwrap().contains("`quorum`"), "{details}");
}

#[test]
fn a_job_that_has_its_result_already_is_no_failure_of_the_invocation() {
    let again = invoke(
        &event().to_string(),
        with_error(satisfied(), "PutJobSuccessResult", 400, "InvalidJobStateException"),
    );
    assert_eq!(again.error, None);
    assert_eq!(count(&again, "PutJobSuccessResult"), 1);

    let denied = invoke(
        &event().to_string(),
        with_error(satisfied(), "PutJobSuccessResult", 400, "AccessDeniedException"),
    );
    assert_eq!(denied.error, None);
    assert_eq!(only(&denied, "PutJobFailureResult")["failureDetails"]["type"], "PermissionError");
}
