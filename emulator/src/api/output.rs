//! The replies. What is `None` becomes null here, and the service drops every null before it answers.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::{ActionRun, Execution, ExecutionMode, Pipeline, Retries, Settings, Stage};

/// Seconds since 1970 with a fraction of milliseconds: a timestamp in AWS JSON 1.1.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds stay exact for the next 285,000 years"
)]
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

pub(super) fn pipeline(pipeline: &Pipeline, declaration: &Value, settings: &Settings) -> Value {
    json!({
        "pipeline": declaration,
        "metadata": {
            "pipelineArn": settings.pipeline_arn(&pipeline.current.structure.name),
            "created": seconds(pipeline.created),
            "updated": seconds(pipeline.updated),
        },
    })
}

pub(super) fn pipeline_summary(pipeline: &Pipeline) -> Value {
    json!({
        "name": pipeline.current.structure.name,
        "version": pipeline.current.version,
        "pipelineType": pipeline.current.raw.get("pipelineType"),
        "executionMode": pipeline.current.structure.execution_mode,
        "created": seconds(pipeline.created),
        "updated": seconds(pipeline.updated),
    })
}

pub(super) fn execution(execution: &Execution) -> Value {
    let artifacts = execution.revisions().flat_map(|(run, revision)| {
        run.action.output_artifacts.iter().map(
            move |artifact| json!({"name": artifact.name, "revisionId": revision, "created": seconds(run.updated)}),
        )
    });
    let variables = execution
        .variables()
        .map(|(name, value)| json!({"name": name, "resolvedValue": value}));
    json!({
        "pipelineExecution": {
            "pipelineName": execution.declaration.structure.name,
            "pipelineVersion": execution.declaration.version,
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "artifactRevisions": artifacts.collect::<Vec<_>>(),
            "variables": variables.collect::<Vec<_>>(),
            "trigger": trigger(execution),
            "executionMode": execution.declaration.structure.execution_mode,
            "executionType": "STANDARD",
        },
    })
}

pub(super) fn execution_summary(execution: &Execution) -> Value {
    let sources = execution.revisions();
    let sources = sources.map(|(run, revision)| json!({"actionName": run.action.name, "revisionId": revision}));
    json!({
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "startTime": seconds(execution.started),
        "lastUpdateTime": seconds(execution.last_update()),
        "sourceRevisions": sources.collect::<Vec<_>>(),
        "trigger": trigger(execution),
        "stopTrigger": execution.stop_requested.then(|| json!({"reason": execution.stop_reason})),
        "executionMode": execution.declaration.structure.execution_mode,
        "executionType": "STANDARD",
    })
}

fn trigger(execution: &Execution) -> Value {
    json!({"triggerType": "StartPipelineExecution", "triggerDetail": execution.start.caller})
}

pub(super) fn pipeline_state(pipeline: &Pipeline) -> Value {
    let stages = pipeline.current.structure.stages.iter();
    json!({
        "pipelineName": pipeline.current.structure.name,
        "pipelineVersion": pipeline.current.version,
        "stageStates": stages.map(|stage| stage_state(pipeline, stage)).collect::<Vec<_>>(),
        "created": seconds(pipeline.created),
        "updated": seconds(pipeline.updated),
    })
}

fn stage_state(pipeline: &Pipeline, stage: &Stage) -> Value {
    let inbound = pipeline.inbound(&stage.name);
    let inbound = inbound.map(|execution| json!({"pipelineExecutionId": execution.id, "status": "InProgress"}));
    let inbound: Vec<Value> = inbound.collect();
    let latest = pipeline.latest_in_stage(&stage.name);
    let progress = latest.and_then(|execution| Some((execution, execution.stage(&stage.name)?)));
    let actions = stage.actions.iter().map(|action| {
        let run = pipeline.latest_run(&stage.name, &action.name);
        json!({"actionName": action.name, "latestExecution": run.map(|(execution, run)| action_state(execution, run))})
    });
    json!({
        "stageName": stage.name,
        "inboundExecution": inbound.last(),
        "inboundExecutions": inbound,
        "inboundTransitionState": {"enabled": true},
        "actionStates": actions.collect::<Vec<_>>(),
        "latestExecution": progress.map(|(execution, progress)| json!({
            "pipelineExecutionId": execution.id, "status": progress.status, "type": "STANDARD",
        })),
        "retryStageMetadata": progress.and_then(|(_, progress)| retries(progress.retries)),
    })
}

fn retries(retries: Retries) -> Option<Value> {
    let latest = if retries.latest_is_manual {
        "ManualStageRetry"
    } else {
        "AutomatedStageRetry"
    };
    (retries.automatic > 0 || retries.manual > 0).then(|| {
        json!({
            "autoStageRetryAttempt": Some(retries.automatic).filter(|count| *count > 0),
            "manualStageRetryAttempt": Some(retries.manual).filter(|count| *count > 0),
            "latestRetryTrigger": latest,
        })
    })
}

fn action_state(execution: &Execution, run: &ActionRun) -> Value {
    // In a PARALLEL pipeline the token is shown by ListActionExecutions alone.
    let parallel = execution.declaration.structure.execution_mode == ExecutionMode::Parallel;
    json!({
        "actionExecutionId": run.id,
        "status": run.status,
        "summary": run.summary,
        "lastStatusChange": seconds(run.updated),
        "token": run.token().filter(|_| run.in_progress() && !parallel),
        "lastUpdatedBy": run.updated_by,
        "externalExecutionId": run.external_id,
        "errorDetails": run.error,
    })
}

pub(super) fn action_detail(execution: &Execution, run: &ActionRun) -> Value {
    let name_only = |name: &String| json!({"name": name});
    let inputs = run
        .action
        .input_artifacts
        .iter()
        .map(|artifact| name_only(&artifact.name));
    let outputs = run
        .action
        .output_artifacts
        .iter()
        .map(|artifact| name_only(&artifact.name));
    json!({
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": execution.declaration.version,
        "stageName": run.stage,
        "actionName": run.action.name,
        "startTime": seconds(run.started),
        "lastUpdateTime": seconds(run.updated),
        "updatedBy": run.updated_by,
        "status": run.status,
        "input": {
            "actionTypeId": run.action.action_type_id,
            "configuration": run.action.configuration,
            "resolvedConfiguration": run.configuration,
            "roleArn": run.action.role_arn,
            "region": run.action.region,
            "inputArtifacts": inputs.collect::<Vec<_>>(),
            "namespace": run.action.namespace,
        },
        "output": {
            "outputArtifacts": outputs.collect::<Vec<_>>(),
            "executionResult": {
                "externalExecutionId": run.external_id,
                "externalExecutionSummary": run.summary,
                "errorDetails": run.error,
            },
            "outputVariables": run.output_variables,
        },
    })
}
