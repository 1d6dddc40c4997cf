//! Reads pipelines, their history and their state from CodePipeline.

use aws_sdk_codepipeline::primitives::DateTime;
use aws_sdk_codepipeline::types as sdk;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, PipelineExecutionStatus,
    PipelineExecutionSummary, SourceRevision,
};
use doctor::pipeline::{
    Action, ActionTypeId, Artifact, Condition, ConditionRule, Conditions, ExecutionMode,
    FIRST_RUN_ORDER, OnFailure, Pipeline, RetryConfiguration, RuleTypeId, Stage, Structure,
};
use evidence::facts::{PipelineState, RetriedBy, StageState, StateRun};
use evidence::history::{
    ActionError, ActionExecution, ActionType, ExecutionStatus, PipelineExecution, RawAction,
    Revision, Trigger, to_millisecond,
};
use evidence::{CodePipeline, Page};
use jiff::Timestamp;

use super::{Aws, CallError, incomplete};

/// The member that is missing from an answer, although the API model requires it.
type Missing = &'static str;

impl Aws {
    /// The names of all pipelines of the region.
    ///
    /// # Errors
    /// [`CallError`] if a call fails.
    pub(crate) async fn list_pipelines(&self) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "codepipeline:ListPipelines";
        let pages =
            aws_sdk_codepipeline::Client::new(&self.0).list_pipelines().into_paginator().items();
        let summaries = pages.send().collect::<Result<Vec<_>, _>>().await;
        let summaries = summaries.map_err(|error| CallError::new(ACTION, &error))?;
        let name = |summary: sdk::PipelineSummary| {
            summary.name.ok_or_else(|| incomplete(ACTION, "name of a pipeline"))
        };
        summaries.into_iter().map(name).collect()
    }

    /// The current structure of a pipeline.
    ///
    /// # Errors
    /// [`CallError`] if the call fails or its answer is incomplete.
    pub(crate) async fn get_pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        const ACTION: &str = "codepipeline:GetPipeline";
        let missing = |what| incomplete(ACTION, what);
        let sent =
            aws_sdk_codepipeline::Client::new(&self.0).get_pipeline().name(name).send().await;
        let answer = sent.map_err(|error| CallError::new(ACTION, &error))?;
        let pipeline = answer.pipeline.ok_or_else(|| missing("pipeline"))?;
        let store = |store: sdk::ArtifactStore| store.location;
        let structure = Structure {
            role_arn: Some(pipeline.role_arn),
            artifact_store: pipeline.artifact_store.map(store).into_iter().collect(),
            artifact_stores: pipeline
                .artifact_stores
                .unwrap_or_default()
                .into_values()
                .map(store)
                .collect(),
            name: pipeline.name,
            execution_mode: match pipeline.execution_mode {
                None => ExecutionMode::default(),
                Some(mode) => ExecutionMode::from_aws(mode.as_str())
                    .ok_or_else(|| missing("known execution mode"))?,
            },
            pipeline_type: pipeline.pipeline_type.map(|kind| kind.as_str().to_owned()),
            stages: pipeline
                .stages
                .into_iter()
                .map(stage)
                .collect::<Result<_, _>>()
                .map_err(missing)?,
        };
        let arn = answer.metadata.and_then(|metadata| metadata.pipeline_arn);
        Pipeline::new(arn, structure).map_err(CallError::Contradictory)
    }
}

impl Aws {
    /// The calls that read histories and states.
    pub(crate) fn pipeline_history(&self) -> PipelineHistory {
        PipelineHistory(aws_sdk_codepipeline::Client::new(&self.0))
    }
}

/// Reads the history and the state of pipelines.
#[derive(Clone, Debug)]
pub(crate) struct PipelineHistory(aws_sdk_codepipeline::Client);

impl CodePipeline for PipelineHistory {
    type Error = CallError;

    async fn pipeline_executions(
        &self,
        pipeline: &str,
        token: Option<&str>,
    ) -> Result<Page<PipelineExecution>, CallError> {
        const ACTION: &str = "codepipeline:ListPipelineExecutions";
        let call = self.0.list_pipeline_executions();
        let call = call.pipeline_name(pipeline).set_next_token(token.map(str::to_owned));
        let reply = call.send().await.map_err(|error| CallError::new(ACTION, &error))?;
        let summaries = reply.pipeline_execution_summaries.unwrap_or_default().into_iter();
        let read = |summary| {
            pipeline_execution(summary).ok_or_else(|| incomplete(ACTION, "`pipelineExecutionId`"))
        };
        Ok(Page {
            items: summaries.map(read).collect::<Result<_, _>>()?,
            next_token: reply.next_token,
        })
    }

    async fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> Result<Page<ActionExecution>, CallError> {
        const ACTION: &str = "codepipeline:ListActionExecutions";
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution_id).build();
        let call = self.0.list_action_executions();
        let call = call.pipeline_name(pipeline).filter(filter);
        let call = call.set_next_token(token.map(str::to_owned));
        let reply = call.send().await.map_err(|error| CallError::new(ACTION, &error))?;
        let details = reply.action_execution_details.unwrap_or_default().into_iter();
        let read = |detail| {
            action_execution(detail).ok_or_else(|| incomplete(ACTION, "`pipelineExecutionId`"))
        };
        Ok(Page {
            items: details.map(read).collect::<Result<_, _>>()?,
            next_token: reply.next_token,
        })
    }
}

impl PipelineState for PipelineHistory {
    type Error = CallError;

    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StageState>, CallError> {
        const ACTION: &str = "codepipeline:GetPipelineState";
        let reply = self.0.get_pipeline_state().name(pipeline).send().await;
        let reply = reply.map_err(|error| CallError::new(ACTION, &error))?;
        Ok(reply.stage_states.unwrap_or_default().into_iter().map(stage_state).collect())
    }
}

fn stage_state(stage: sdk::StageState) -> StageState {
    let actions = stage.action_states.unwrap_or_default().into_iter();
    let runs = actions.filter_map(|action| action.latest_execution);
    let retried_by = stage.retry_stage_metadata.and_then(|retry| retry.latest_retry_trigger);
    StageState {
        execution_id: stage.latest_execution.map(|execution| execution.pipeline_execution_id),
        retried_by: retried_by.map(|trigger| RetriedBy::from_trigger(trigger.as_str())),
        runs: runs
            .map(|run| StateRun {
                id: run.action_execution_id,
                updated_by: run.last_updated_by,
                changed: run.last_status_change.and_then(timestamp),
                token: run.token,
            })
            .collect(),
    }
}

fn stage(stage: sdk::StageDeclaration) -> Result<Stage, Missing> {
    let entry = stage.before_entry.map(|entry| conditions(entry.conditions));
    let success = stage.on_success.map(|success| conditions(success.conditions));
    Ok(Stage {
        name: stage.name,
        actions: stage.actions.into_iter().map(action).collect::<Result<_, _>>()?,
        before_entry: entry.transpose()?,
        on_success: success.transpose()?,
        on_failure: stage.on_failure.map(on_failure).transpose()?,
    })
}

fn action(action: sdk::ActionDeclaration) -> Result<Action, Missing> {
    let type_id = action.action_type_id.ok_or("type of an action")?;
    let inputs = action.input_artifacts.unwrap_or_default().into_iter();
    let outputs = action.output_artifacts.unwrap_or_default().into_iter();
    let number = |number: i32| u32::try_from(number).map_err(|_| "number that is not negative");
    Ok(Action {
        name: action.name,
        action_type_id: ActionTypeId {
            category: type_id.category.as_str().to_owned(),
            owner: type_id.owner.as_str().to_owned(),
            provider: type_id.provider,
        },
        run_order: action.run_order.map_or(Ok(FIRST_RUN_ORDER), number)?,
        configuration: action.configuration.unwrap_or_default().into_iter().collect(),
        input_artifacts: inputs.map(|artifact| Artifact { name: artifact.name }).collect(),
        output_artifacts: outputs.map(|artifact| Artifact { name: artifact.name }).collect(),
        timeout_in_minutes: action.timeout_in_minutes.map(number).transpose()?,
        role_arn: action.role_arn,
        region: action.region,
        is_named_deployment: false,
        updates_pipelines: false,
    })
}

fn on_failure(failure: sdk::FailureConditions) -> Result<OnFailure, Missing> {
    Ok(OnFailure {
        result: failure.result.map(|result| result.as_str().to_owned()),
        retry_configuration: failure.retry_configuration.map(|retry| RetryConfiguration {
            retry_mode: retry.retry_mode.map(|mode| mode.as_str().to_owned()),
        }),
        conditions: conditions(failure.conditions.unwrap_or_default())?.conditions,
    })
}

fn conditions(conditions: Vec<sdk::Condition>) -> Result<Conditions, Missing> {
    let conditions = conditions.into_iter().map(|condition| {
        let rules = condition.rules.unwrap_or_default().into_iter();
        Ok(Condition {
            result: condition.result.map(|result| result.as_str().to_owned()),
            rules: rules.map(condition_rule).collect::<Result<_, Missing>>()?,
        })
    });
    Ok(Conditions { conditions: conditions.collect::<Result<_, Missing>>()? })
}

fn condition_rule(rule: sdk::RuleDeclaration) -> Result<ConditionRule, Missing> {
    Ok(ConditionRule {
        name: rule.name,
        rule_type_id: RuleTypeId {
            provider: rule.rule_type_id.ok_or("type of a condition's rule")?.provider,
        },
        configuration: rule.configuration.unwrap_or_default().into_iter().collect(),
    })
}

fn pipeline_execution(summary: PipelineExecutionSummary) -> Option<PipelineExecution> {
    let revisions = summary.source_revisions.unwrap_or_default().into_iter();
    let revision = |it: SourceRevision| {
        Revision::new(Some(it.action_name), it.revision_id, it.revision_summary, it.revision_url)
    };
    let trigger = summary.trigger;
    Some(PipelineExecution {
        id: summary.pipeline_execution_id?,
        status: ExecutionStatus::from_aws(
            summary.status.as_ref().map(PipelineExecutionStatus::as_str),
        ),
        started: summary.start_time.and_then(timestamp),
        updated: summary.last_update_time.and_then(timestamp),
        revisions: revisions.map(revision).collect(),
        trigger: Trigger {
            kind: trigger
                .as_ref()
                .and_then(|it| Some(it.trigger_type.as_ref()?.as_str().to_owned())),
            detail: trigger.and_then(|it| it.trigger_detail),
        },
        mode: summary.execution_mode.map(|mode| mode.as_str().to_owned()),
        kind: summary.execution_type.map(|kind| kind.as_str().to_owned()),
        stop_reason: summary.stop_trigger.and_then(|stop| stop.reason),
    })
}

fn action_execution(detail: ActionExecutionDetail) -> Option<ActionExecution> {
    let (input, output) = (detail.input, detail.output);
    let (result, outputs) =
        output.map(|it| (it.execution_result, it.output_variables)).unwrap_or_default();
    let input = input.map(|it| {
        (it.action_type_id, it.configuration, it.resolved_configuration, it.region, it.role_arn)
    });
    let (kind, configuration, resolved_configuration, region, role_arn) = input.unwrap_or_default();
    let raw = RawAction {
        pipeline_version: detail.pipeline_version,
        stage: detail.stage_name,
        action: detail.action_name,
        id: detail.action_execution_id,
        started: detail.start_time.and_then(timestamp),
        updated: detail.last_update_time.and_then(timestamp),
        updated_by: detail.updated_by,
        kind: kind.map(|kind| ActionType {
            category: kind.category.as_str().to_owned(),
            owner: kind.owner.as_str().to_owned(),
            provider: kind.provider,
        }),
        region,
        role: role_arn,
        configuration: configuration.unwrap_or_default().into_iter().collect(),
        resolved_configuration: resolved_configuration.unwrap_or_default().into_iter().collect(),
        external_id: result.as_ref().and_then(|it| it.external_execution_id.clone()),
        summary: result.as_ref().and_then(|it| it.external_execution_summary.clone()),
        error: result
            .and_then(|it| it.error_details)
            .map(|error| ActionError { code: error.code, message: error.message }),
        outputs: outputs.unwrap_or_default().into_iter().collect(),
    };
    Some(raw.into_action(
        detail.pipeline_execution_id?,
        detail.status.as_ref().map(ActionExecutionStatus::as_str),
    ))
}

fn timestamp(at: DateTime) -> Option<Timestamp> {
    let at = Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?;
    to_millisecond(at)
}
