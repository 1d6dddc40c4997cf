//! Pipelines, their open approvals and answers to them.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types as sdk;
use evidence::history::{ExecutionStatus, PipelineExecution, Revision, Trigger};
use facts::aws::{Reader, call_error};
use facts::{CallError, Executions as _, ListedRevision, Operation};
use jiff::Timestamp;
use names::Arn;
use rule::Initiator;
use signing::Answer;

use super::missing;
use crate::open::OpenRun;
use crate::pipeline::{Action, Approval, Kind, Pipeline, Stage};
use crate::port::{
    Execution, Listed, PUT_APPROVAL_RESULT, Page, Release, Run, START_PIPELINE_EXECUTION,
};

const LIST_PIPELINES: Operation = Operation::codepipeline("ListPipelines");
const GET_PIPELINE: Operation = Operation::codepipeline("GetPipeline");

/// The run order of an action that names none (CodePipeline User Guide, "Action declaration").
const FIRST_RUN_ORDER: i32 = 1;

pub(super) async fn pipelines(
    client: &Client,
    token: Option<&str>,
) -> Result<Page<Listed>, CallError> {
    let reply = client.list_pipelines().set_next_token(token.map(str::to_owned)).send().await;
    let reply = reply.map_err(|error| call_error(LIST_PIPELINES, &error))?;
    let listed = |summary: sdk::PipelineSummary| {
        Ok::<_, CallError>(Listed {
            name: summary.name.ok_or(missing(LIST_PIPELINES, "a `name` is missing"))?,
            is_parallel: summary.execution_mode == Some(sdk::ExecutionMode::Parallel),
        })
    };
    let pipelines = reply.pipelines.unwrap_or_default().into_iter().map(listed);
    Ok(Page { items: pipelines.collect::<Result<_, _>>()?, next_token: reply.next_token })
}

pub(super) async fn pipeline(client: &Client, name: &str) -> Result<Pipeline, CallError> {
    let reply = client.get_pipeline().name(name).send().await;
    let reply = reply.map_err(|error| call_error(GET_PIPELINE, &error))?;
    let arn = reply.metadata.and_then(|metadata| metadata.pipeline_arn).unwrap_or_default();
    let account = Arn::parse(&arn).map(|arn| arn.account.to_owned());
    let pipeline = reply.pipeline.ok_or(missing(GET_PIPELINE, "`pipeline` is missing"))?;
    Ok(Pipeline {
        name: pipeline.name,
        account: account.ok_or(missing(GET_PIPELINE, "`metadata.pipelineArn` is missing"))?,
        is_parallel: pipeline.execution_mode == Some(sdk::ExecutionMode::Parallel),
        stages: pipeline.stages.into_iter().map(stage).collect(),
    })
}

fn stage(stage: sdk::StageDeclaration) -> Stage {
    Stage { name: stage.name, actions: stage.actions.into_iter().map(action).collect() }
}

fn action(action: sdk::ActionDeclaration) -> Action {
    let of_type = action.action_type_id;
    let of_type =
        of_type.as_ref().map(|id| (id.category.as_str(), id.owner.as_str(), id.provider.as_str()));
    let mut configuration = action.configuration.unwrap_or_default();
    let kind = match of_type {
        Some(("Approval", "AWS", "Manual")) => Kind::Approval(Approval {
            timeout_minutes: action.timeout_in_minutes,
            note: configuration.remove("CustomData"),
            link: configuration.remove("ExternalEntityLink"),
        }),
        Some(("Invoke", "AWS", "Lambda")) => Kind::Lambda {
            function: configuration.remove("FunctionName").and_then(|name| name.parse().ok()),
            user_parameters: configuration.remove("UserParameters"),
        },
        _ => Kind::Other,
    };
    Action { name: action.name, run_order: action.run_order.unwrap_or(FIRST_RUN_ORDER), kind }
}

pub(super) async fn runs(
    client: &Client,
    pipeline: &str,
    token: Option<&str>,
) -> Result<Page<Run>, CallError> {
    let call = client.list_action_executions().pipeline_name(pipeline);
    let reply = call.set_next_token(token.map(str::to_owned)).send().await;
    let reply = reply.map_err(|error| call_error(Operation::LIST_ACTION_EXECUTIONS, &error))?;
    let runs = reply.action_execution_details.unwrap_or_default().into_iter().map(run);
    Ok(Page { items: runs.collect(), next_token: reply.next_token })
}

fn run(detail: sdk::ActionExecutionDetail) -> Run {
    let started = detail.start_time.and_then(timestamp);
    let of_type = detail.input.and_then(|input| input.action_type_id);
    let is_approval = of_type.is_some_and(|id| {
        (id.category.as_str(), id.owner.as_str(), id.provider.as_str())
            == ("Approval", "AWS", "Manual")
    });
    let waits = is_approval && detail.status == Some(sdk::ActionExecutionStatus::InProgress);
    let token = detail.output.and_then(|output| output.execution_result?.external_execution_id);
    let open = || {
        let id = detail.action_execution_id?;
        Some(OpenRun {
            stage: detail.stage_name?,
            action: detail.action_name?,
            execution_id: detail.pipeline_execution_id?,
            token: token.unwrap_or_else(|| id.clone()),
            id,
            since: started,
        })
    };
    Run { waits: if waits { open() } else { None }, started }
}

pub(super) async fn execution(
    client: &Client,
    pipeline: &str,
    execution_id: &str,
) -> Result<Execution, CallError> {
    let call = client.get_pipeline_execution().pipeline_name(pipeline);
    let reply = call.pipeline_execution_id(execution_id).send().await;
    let reply = reply.map_err(|error| call_error(Operation::GET_PIPELINE_EXECUTION, &error))?;
    let execution = reply
        .pipeline_execution
        .ok_or(missing(Operation::GET_PIPELINE_EXECUTION, "`pipelineExecution` is missing"))?;
    let release = |it: sdk::ArtifactRevision| {
        Release::from(Revision::new(it.name, it.revision_id, it.revision_summary, it.revision_url))
    };
    let trigger = execution.trigger.as_ref();
    let initiator = trigger.map(|trigger| {
        let of_type = trigger.trigger_type.as_ref().map(sdk::TriggerType::as_str);
        Initiator::from_trigger(of_type, trigger.trigger_detail.as_deref())
    });
    Ok(Execution {
        initiator,
        status: execution.status.map(|status| status.as_str().to_owned()),
        releases: execution
            .artifact_revisions
            .unwrap_or_default()
            .into_iter()
            .map(release)
            .collect(),
    })
}

pub(super) async fn past(
    client: &Client,
    pipeline: &str,
    count: i32,
) -> Result<Vec<PipelineExecution>, CallError> {
    let page = Reader::from(client.clone()).executions(pipeline, count, None).await?;
    Ok(page.executions.into_iter().map(listed).collect())
}

fn listed(listed: facts::Listed) -> PipelineExecution {
    let revision = |it: ListedRevision| Revision::new(Some(it.action), it.id, it.summary, it.url);
    let (kind, detail) = listed.trigger;
    PipelineExecution {
        id: listed.id,
        status: ExecutionStatus::from_aws(listed.status.as_deref()),
        started: listed.started,
        updated: listed.updated,
        revisions: listed.revisions.into_iter().map(revision).collect(),
        trigger: Trigger { kind, detail },
        mode: listed.mode,
        kind: listed.kind,
        stop_reason: listed.stop_reason,
    }
}

pub(super) async fn start(client: &Client, pipeline: &str) -> Result<String, CallError> {
    let reply = client.start_pipeline_execution().name(pipeline).send().await;
    let reply = reply.map_err(|error| call_error(START_PIPELINE_EXECUTION, &error))?;
    let id = reply.pipeline_execution_id;
    id.ok_or(missing(START_PIPELINE_EXECUTION, "`pipelineExecutionId` is missing"))
}

pub(super) async fn answer(
    client: &Client,
    pipeline: &str,
    approval: &OpenRun,
    answer: Answer,
    comment: &str,
) -> Result<(), CallError> {
    let result = sdk::ApprovalResult::builder()
        .summary(comment)
        .status(match answer {
            Answer::Approved => sdk::ApprovalStatus::Approved,
            Answer::Rejected => sdk::ApprovalStatus::Rejected,
        })
        .build()
        .map_err(|_| missing(PUT_APPROVAL_RESULT, "the answer could not be written"))?;
    let call = client.put_approval_result().pipeline_name(pipeline);
    let call = call.stage_name(&approval.stage).action_name(&approval.action);
    let reply = call.token(&approval.token).result(result).send().await;
    reply.map(drop).map_err(|error| call_error(PUT_APPROVAL_RESULT, &error))
}

fn timestamp(at: aws_sdk_codepipeline::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}
