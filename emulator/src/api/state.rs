//! The reply of GetPipelineState, which people look at. It shows an answer at once.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::{execution_type, seconds};
use crate::engine::{
    Action, ActionKind, ActionRun, Execution, ExecutionMode, Pipeline, Retries, Settings, Stage,
};

pub(super) fn pipeline_state(pipeline: &Pipeline, settings: &Settings, now: Timestamp) -> Value {
    let stages = pipeline.current.structure.stages.iter();
    let stages = stages.map(|stage| stage_state(pipeline, stage, settings, now));
    json!({
        "pipelineName": pipeline.current.structure.name,
        "pipelineVersion": pipeline.current.version,
        "stageStates": stages.collect::<Vec<_>>(),
        "created": seconds(pipeline.created()),
        "updated": seconds(pipeline.current.given),
    })
}

fn stage_state(pipeline: &Pipeline, stage: &Stage, settings: &Settings, now: Timestamp) -> Value {
    let inbound = pipeline.inbound(&stage.name, now);
    let inbound = inbound.map(|execution| {
        json!({"pipelineExecutionId": execution.id, "status": "InProgress", "type": execution_type(execution)})
    });
    let inbound: Vec<Value> = inbound.collect();
    let latest = pipeline.latest_in_stage(&stage.name, now);
    let progress = latest.and_then(|execution| Some((execution, execution.stage(&stage.name)?)));
    let actions = stage.actions.iter();
    let actions = actions.map(|action| action_state(pipeline, &stage.name, action, settings, now));
    json!({
        "stageName": stage.name,
        "inboundExecution": inbound.last(),
        "inboundExecutions": inbound,
        "inboundTransitionState": {"enabled": true},
        "actionStates": actions.collect::<Vec<_>>(),
        "latestExecution": progress.map(|(execution, progress)| json!({
            "pipelineExecutionId": execution.id, "status": progress.status, "type": execution_type(execution),
        })),
        "retryStageMetadata": progress.and_then(|(_, progress)| retries(progress.retries)),
    })
}

fn retries(retries: Retries) -> Option<Value> {
    let latest = if retries.latest_is_manual { "ManualStageRetry" } else { "AutomatedStageRetry" };
    (retries.automatic > 0 || retries.manual > 0).then(|| {
        json!({
            "autoStageRetryAttempt": Some(retries.automatic).filter(|count| *count > 0),
            "manualStageRetryAttempt": Some(retries.manual).filter(|count| *count > 0),
            "latestRetryTrigger": latest,
        })
    })
}

fn action_state(
    pipeline: &Pipeline,
    stage: &str,
    action: &Action,
    settings: &Settings,
    now: Timestamp,
) -> Value {
    let run = pipeline.shown_run(stage, &action.name, now);
    let revision = run.and_then(|(_, run)| run.external_id.as_ref());
    let revision = revision.filter(|_| action.kind() == ActionKind::Source);
    json!({
        "actionName": action.name,
        // Without the other members, although AWS's model requires them.
        "currentRevision": revision.map(|revision| json!({"revisionId": revision})),
        "latestExecution": run.map(|(execution, run)| latest_execution(execution, run)),
        "entityUrl": settings.entity_url(action),
    })
}

fn latest_execution(execution: &Execution, run: &ActionRun) -> Value {
    // Only ListActionExecutions shows the token of an approval in a PARALLEL pipeline.
    let parallel = execution.declaration.structure.execution_mode == ExecutionMode::Parallel;
    let token = Some(&run.id).filter(|_| run.is_open() && !parallel);
    json!({
        "actionExecutionId": run.id,
        "status": run.status,
        "summary": run.summary,
        "lastStatusChange": run.changed.map(seconds),
        "token": token,
        "lastUpdatedBy": run.updated_by,
        "externalExecutionId": run.external_id.as_ref().filter(|_| !run.is_approval()),
        "externalExecutionUrl": run.external_url,
        "errorDetails": run.error,
    })
}
