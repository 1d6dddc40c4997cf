//! Keeps what was read of an execution, so that it is not asked for again.
//!
//! An entry has the two lists as the AWS CLI prints them, with one execution and its actions, the
//! SHA-256 of both, and the pipeline's ARN. So it can also be read as a saved list.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use rule::Status;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::history::{
    ActionExecution, ExecutionStatus, History, PipelineExecution, Revision, Texts,
};
use super::saved::read as read_saved;

/// How long after its last change an execution can still look different tomorrow. CodePipeline's
/// lists lag by less than a minute (recorded).
const SETTLING: SignedDuration = SignedDuration::from_hours(1);

/// What earlier readings know.
pub trait Memory {
    /// The actions of an execution that has not changed since they were read.
    fn recall(&self, execution: &PipelineExecution) -> Option<Vec<ActionExecution>>;

    /// Keeps the actions of an execution that were just read.
    fn keep(&self, execution: &PipelineExecution, actions: &[ActionExecution]);
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMemory;

impl Memory for NoMemory {
    fn recall(&self, _: &PipelineExecution) -> Option<Vec<ActionExecution>> {
        None
    }

    fn keep(&self, _: &PipelineExecution, _: &[ActionExecution]) {}
}

/// Why an entry cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not what was written.
    #[error("it is damaged")]
    Damaged,
    /// The execution has changed since.
    #[error("the execution has changed since")]
    Outdated,
}

/// An entry for an execution, or `None` if it may still change without its summary showing it.
///
/// INVARIANT (fail closed): what is kept replaces a question to AWS, so an entry that would not be
/// read back as it is, is not written.
pub fn entry(
    pipeline_arn: &str,
    execution: &PipelineExecution,
    actions: &[ActionExecution],
    now: Timestamp,
) -> Option<String> {
    if !is_settled(execution, actions, now) {
        return None;
    }
    let lists = lists(execution, actions);
    let mut entry = Map::from_iter([
        ("schemaVersion".to_owned(), json!(1)),
        ("pipelineArn".to_owned(), json!(pipeline_arn)),
        ("sha256".to_owned(), json!(digest(&lists))),
    ]);
    entry.extend(lists);
    let text = Value::Object(entry).to_string();
    actions_of(&text, pipeline_arn, execution).is_ok_and(|read| read == actions).then_some(text)
}

/// The actions in an entry of this pipeline, if the execution is still the same.
///
/// # Errors
/// [`Unusable`].
pub fn actions_of(
    text: &str,
    pipeline_arn: &str,
    execution: &PipelineExecution,
) -> Result<Vec<ActionExecution>, Unusable> {
    let value: Value = serde_json::from_str(text).map_err(|_| Unusable::Damaged)?;
    let mut history = History::default();
    read_saved(text, &mut history).map_err(|_| Unusable::Damaged)?;
    let History { executions, actions } = history;
    let [kept] = executions.as_slice() else { return Err(Unusable::Damaged) };
    let written = digest(&lists(kept, &actions));
    let is = |name, expected| value.get(name).and_then(Value::as_str) == Some(expected);
    if !is("sha256", &written)
        || !is("pipelineArn", pipeline_arn)
        || actions.iter().any(|action| action.execution_id != kept.id)
    {
        return Err(Unusable::Damaged);
    }
    if kept != execution { Err(Unusable::Outdated) } else { Ok(actions) }
}

/// Whether nothing can change in an execution without a change of its summary. A retry changes the
/// status and the time of the last update.
fn is_settled(execution: &PipelineExecution, actions: &[ActionExecution], now: Timestamp) -> bool {
    let has_ended = match execution.status {
        ExecutionStatus::Succeeded
        | ExecutionStatus::Failed
        | ExecutionStatus::Stopped
        | ExecutionStatus::Superseded
        | ExecutionStatus::Cancelled => true,
        ExecutionStatus::InProgress | ExecutionStatus::Stopping | ExecutionStatus::Unknown => false,
    };
    let is_over = |action: &ActionExecution| match action.attempt.status {
        Status::Succeeded | Status::Failed | Status::Abandoned => true,
        Status::InProgress | Status::Unknown => false,
    };
    has_ended
        && execution.updated.is_some_and(|at| now.duration_since(at) > SETTLING)
        && actions.iter().all(is_over)
}

fn digest(lists: &Map<String, Value>) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(json!(lists).to_string().as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn lists(execution: &PipelineExecution, actions: &[ActionExecution]) -> Map<String, Value> {
    let actions: Vec<Value> = actions.iter().map(detail).collect();
    Map::from_iter([
        ("pipelineExecutionSummaries".to_owned(), json!([summary(execution)])),
        ("actionExecutionDetails".to_owned(), json!(actions)),
    ])
}

pub(super) fn summary(execution: &PipelineExecution) -> Value {
    json!({
        "pipelineExecutionId": execution.id,
        "status": execution.status.as_str(),
        "startTime": execution.started,
        "lastUpdateTime": execution.updated,
        "sourceRevisions": execution.revisions.iter().map(revision).collect::<Vec<_>>(),
        "trigger": {
            "triggerType": execution.trigger.kind,
            "triggerDetail": execution.trigger.detail,
        },
        "executionMode": execution.mode,
        "executionType": execution.kind,
        "stopTrigger": {"reason": execution.stop_reason},
    })
}

fn revision(revision: &Revision) -> Value {
    let message = revision.message.as_ref();
    // A message that looks wrapped would be unwrapped.
    let is_wrapped =
        revision.provider.is_some() || message.is_some_and(|text| text.trim().starts_with('{'));
    let wrapped = message.filter(|_| is_wrapped).map(|message| {
        json!({"CommitMessage": message, "ProviderType": revision.provider}).to_string()
    });
    json!({
        "actionName": revision.action,
        "revisionId": revision.id,
        "revisionSummary": wrapped.as_ref().or(message),
        "revisionUrl": revision.url,
    })
}

pub(super) fn detail(action: &ActionExecution) -> Value {
    let attempt = &action.attempt;
    let kind = action.kind.as_ref().map(
        |kind| json!({"category": kind.category, "owner": kind.owner, "provider": kind.provider}),
    );
    let error =
        action.error.as_ref().map(|error| json!({"code": error.code, "message": error.message}));
    json!({
        "pipelineExecutionId": action.execution_id,
        "actionExecutionId": attempt.id,
        "pipelineVersion": action.pipeline_version,
        "stageName": attempt.stage,
        "actionName": attempt.action,
        "startTime": attempt.started,
        "lastUpdateTime": attempt.updated,
        "updatedBy": attempt.approver.history,
        "status": attempt.status,
        "input": {
            "actionTypeId": kind,
            "configuration": texts(&action.configuration),
            "region": action.region,
            "roleArn": action.role,
        },
        "output": {
            "executionResult": {
                "externalExecutionId": action.external_id,
                "externalExecutionSummary": attempt.comment,
                "errorDetails": error,
            },
            "outputVariables": texts(&action.outputs),
        },
    })
}

fn texts(texts: &Texts) -> BTreeMap<&String, &String> {
    texts.iter().collect()
}
