//! The release itself, once.

use facts::aws::{INPUT_LIMIT, Start, StateMachine, StateMachineArn};
use facts::{Budget, CallError};
use serde::Serialize;
use serde_json::Value;

use crate::judge::Approved;
use crate::port::Releases;

/// The answer to a request: what was started, or when it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// Whether the release runs because of this request, or of an earlier one that was the same.
    pub(crate) started: bool,
    /// The execution of the release machine.
    pub(crate) execution_arn: String,
    pub(crate) pipeline: String,
    pub(crate) execution_id: String,
    pub(crate) environment: String,
    /// The same in words.
    pub(crate) message: String,
}

/// Why an approved release was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotStarted {
    #[error(
        "the release is approved, but its proof is too large to start it with: {0} bytes, and \
         Step Functions takes {INPUT_LIMIT}"
    )]
    TooLarge(usize),
    #[error("the release is approved, but it could not be started: {0}")]
    Call(#[from] CallError),
}

/// What the release machine gets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    pipeline: &'a str,
    execution_id: &'a str,
    environment: &'a str,
    revisions: &'a [String],
    proof: &'a Option<Value>,
}

/// Starts a release. Its name is the id of the pipeline's execution, which Step Functions takes
/// once, so nothing is released twice: not by a retry, nor by another request for the same.
///
/// # Errors
/// [`NotStarted`] if it is not known whether it runs.
pub(crate) async fn start(
    releases: &impl Releases,
    machine: &StateMachineArn,
    approved: &Approved,
    budget: Budget,
) -> Result<Answer, NotStarted> {
    let Approved { pipeline, id, environment, revisions, proof } = approved;
    let input = Input { pipeline, execution_id: id, environment, revisions, proof };
    let input = serde_json::to_string(&input).unwrap_or_default();
    if input.len() > INPUT_LIMIT {
        return Err(NotStarted::TooLarge(input.len()));
    }
    let call = || releases.start(id, &input);
    let started = budget.call(StateMachine::START, call).await? == Start::Runs;
    let message = match started {
        true => format!("The release of {pipeline} {id} to {environment} is started."),
        false => format!(
            "{pipeline} {id} was released to {environment} before, so nothing is started. To \
             release it again, run the pipeline again and have it approved."
        ),
    };
    Ok(Answer {
        started,
        execution_arn: machine.execution(id),
        pipeline: pipeline.clone(),
        execution_id: id.to_string(),
        environment: environment.clone(),
        message,
    })
}
