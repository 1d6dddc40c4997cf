//! The reply of ListActionExecutions: what CodePipeline has noticed. The gate judges by it.

use serde_json::{Value, json};

use super::output::seconds;
use crate::engine::{ActionRun, ActionStatus, Artifact, Execution, ExecutionMode, Settings};

pub(super) fn action_detail(execution: &Execution, run: &ActionRun, settings: &Settings) -> Value {
    let artifacts =
        |artifacts: &[Artifact]| artifacts.iter().map(Artifact::detail).collect::<Vec<_>>();
    let outputs = match run.noticed {
        ActionStatus::Succeeded => artifacts(&run.outputs),
        ActionStatus::InProgress | ActionStatus::Abandoned | ActionStatus::Failed => Vec::new(),
    };
    json!({
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": execution.declaration.version,
        "stageName": run.stage,
        "actionName": run.action.name,
        "startTime": seconds(run.started),
        "lastUpdateTime": seconds(run.updated),
        "updatedBy": run.updated_by.as_ref().filter(|_| !run.in_progress()),
        "status": run.noticed,
        "input": {
            "actionTypeId": with_type(json!(run.action.action_type_id)),
            "configuration": run.action.configuration,
            "resolvedConfiguration": run.configuration,
            "roleArn": run.action.role_arn,
            "region": run.action.region.as_ref().unwrap_or(&settings.region),
            "inputArtifacts": artifacts(&run.inputs),
            "namespace": run.action.namespace,
        },
        "output": {
            "outputArtifacts": outputs,
            "executionResult": result(execution, run),
            "outputVariables": run.output_variables,
        },
    })
}

/// `None` for actions that are in progress or were abandoned. The summary has the reason of a
/// failure; `errorDetails` has only the code.
fn result(execution: &Execution, run: &ActionRun) -> Option<Value> {
    match run.noticed {
        // CodePipeline API Reference, PutApprovalResult: here is the token of an approval in a
        // PARALLEL pipeline.
        ActionStatus::InProgress if run.is_open() => {
            let parallel =
                execution.declaration.structure.execution_mode == ExecutionMode::Parallel;
            parallel.then(|| json!({"externalExecutionId": run.id}))
        }
        ActionStatus::InProgress | ActionStatus::Abandoned => None,
        ActionStatus::Succeeded | ActionStatus::Failed => {
            let message = run.error.as_ref().map(|error| &error.message);
            let result = json!({
                "externalExecutionId": run.external_id,
                "externalExecutionSummary": message.or(run.summary.as_ref()),
                "externalExecutionUrl": run.external_url,
                "errorDetails": run.error.as_ref().map(|error| json!({"code": error.code})),
            });
            let empty =
                result.as_object().is_none_or(|members| members.values().all(Value::is_null));
            (!empty).then_some(result)
        }
    }
}

/// The action type as AWS sends it. SDKs drop this member.
fn with_type(mut type_id: Value) -> Value {
    if let Some(members) = type_id.as_object_mut() {
        members.insert("__type".to_owned(), json!("ActionTypeId"));
    }
    type_id
}
