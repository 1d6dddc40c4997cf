//! The replies about pipelines and executions. `None` becomes null, and the service drops every
//! null.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::{Declaration, Execution, ExecutionStatus, Pipeline, Settings, Trigger};

/// Seconds since 1970, with milliseconds: a timestamp in AWS JSON 1.1.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds stay exact for the next 285,000 years"
)]
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

pub(super) fn pipeline(
    pipeline: &Pipeline,
    declaration: &Declaration,
    settings: &Settings,
) -> Value {
    json!({
        "pipeline": declaration.raw,
        "metadata": {
            "pipelineArn": settings.pipeline_arn(&declaration.structure.name),
            "created": seconds(pipeline.created()),
            "updated": seconds(declaration.given),
        },
    })
}

pub(super) fn pipeline_summary(pipeline: &Pipeline) -> Value {
    json!({
        "name": pipeline.current.structure.name,
        "version": pipeline.current.version,
        "pipelineType": pipeline.current.raw.get("pipelineType"),
        "executionMode": pipeline.current.structure.execution_mode,
        "created": seconds(pipeline.created()),
        "updated": seconds(pipeline.current.given),
    })
}

pub(super) fn execution(execution: &Execution, now: Timestamp) -> Value {
    let artifacts = execution.sources.iter().flat_map(|source| {
        let names = source.artifacts.iter();
        names.map(|name| json!({"name": name, "revisionId": source.id, "revisionSummary": source.summary, "revisionUrl": source.url}))
    });
    let variables = execution.variables();
    let variables = variables.map(|(name, value)| json!({"name": name, "resolvedValue": value}));
    let variables: Vec<Value> = variables.collect();
    json!({
        "pipelineExecution": {
            "pipelineName": execution.declaration.structure.name,
            "pipelineVersion": execution.declaration.version,
            "pipelineExecutionId": execution.id,
            "status": execution.shown(now).0,
            "statusSummary": stop_reason(execution, now),
            "artifactRevisions": artifacts.collect::<Vec<_>>(),
            "variables": Some(variables).filter(|variables| !variables.is_empty()),
            "trigger": trigger(execution),
            "executionMode": execution.declaration.structure.execution_mode,
            "executionType": execution_type(execution),
            "rollbackMetadata": rollback(execution),
        },
    })
}

pub(super) fn execution_summary(execution: &Execution, now: Timestamp) -> Value {
    let sources = execution.sources.iter();
    let sources = sources
        .map(|source| json!({"actionName": source.action, "revisionId": source.id, "revisionSummary": source.summary, "revisionUrl": source.url}));
    let stopped = stop_reason(execution, now);
    let (status, updated) = execution.shown(now);
    json!({
        "pipelineExecutionId": execution.id,
        "status": status,
        "statusSummary": stopped,
        "startTime": seconds(execution.started),
        "lastUpdateTime": seconds(updated),
        "sourceRevisions": sources.collect::<Vec<_>>(),
        "trigger": trigger(execution),
        "stopTrigger": stopped.map(|reason| json!({"reason": reason})),
        "executionMode": execution.declaration.structure.execution_mode,
        "executionType": execution_type(execution),
        "rollbackMetadata": rollback(execution),
    })
}

/// The reason of a stop. AWS shows it once the execution has stopped.
fn stop_reason(execution: &Execution, now: Timestamp) -> Option<&str> {
    let stopped = execution.shown(now).0 == ExecutionStatus::Stopped;
    execution.stop_reason.as_deref().filter(|_| stopped)
}

fn trigger(execution: &Execution) -> Value {
    let start = &execution.start;
    let detail = match start.trigger {
        Trigger::CreatePipeline | Trigger::StartPipelineExecution | Trigger::CloudWatchEvent => {
            start.caller.clone()
        }
        // JSON in a string, not an ARN.
        Trigger::ManualRollback => json!({"AwsUserArn": start.caller}).to_string(),
    };
    json!({"triggerType": start.trigger, "triggerDetail": detail})
}

/// `ROLLBACK`. AWS omits the type of every other execution.
pub(super) fn execution_type(execution: &Execution) -> Option<&'static str> {
    execution.rollback_of.as_ref().map(|_| "ROLLBACK")
}

fn rollback(execution: &Execution) -> Option<Value> {
    let target = execution.rollback_of.as_ref()?;
    Some(json!({"rollbackTargetPipelineExecutionId": target}))
}
