//! CodePipeline as its users reach it: over HTTP, with the AWS SDK. Only this folder of the program
//! uses the SDK.

mod declaration;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

pub use declaration::{Action, Kind};
use lambda::aws::sdk;
use sdk::Client;
use sdk::config::{Credentials, Region, SharedHttpClient};
use sdk::error::ProvideErrorMetadata as _;
use sdk::operation::put_approval_result::builders::PutApprovalResultFluentBuilder;
use sdk::types::{
    ActionCategory, ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus,
    ApprovalResult, ApprovalStatus, PipelineExecutionStatus, StageExecutionStatus, StageRetryMode,
};
pub use signing::Answer;

use declaration::pipeline;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The interval between two looks at something that is not ready yet.
const POLL: Duration = Duration::from_millis(10);
/// The longest wait for it.
const PATIENCE: Duration = Duration::from_secs(40);

/// An attempt of an approval that waits for an answer.
#[derive(Clone, Debug)]
pub struct OpenApproval<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The action.
    pub action: &'a str,
    /// The `actionExecutionId`, which is also the token.
    pub attempt: String,
}

/// The actions that a retry repeats.
#[derive(Clone, Copy, Debug)]
pub enum RetryMode {
    /// Every action of the stage. This reopens all approvals.
    AllActions,
    /// Only those that failed.
    FailedActions,
}

/// The end of an execution.
#[derive(Debug)]
pub struct Ended {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The message of the gate's newest run.
    pub gate: String,
    /// The output variables of that run.
    pub variables: BTreeMap<String, String>,
    /// The actions whose newest run succeeded.
    pub done: Vec<String>,
}

/// One principal's access to the emulator.
#[derive(Clone, Debug)]
pub struct Caller(Client);

impl Caller {
    /// Calls as the principal of an access key id.
    pub fn new(url: &str, key_id: &str, http: &SharedHttpClient) -> Self {
        let config = sdk::Config::builder()
            .behavior_version(sdk::config::BehaviorVersion::latest())
            .endpoint_url(url)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new(key_id, "not-checked", None, None, "emulator"))
            .http_client(http.clone())
            .build();
        Self(Client::from_conf(config))
    }

    /// CreatePipeline. Returns the id of the execution that it starts.
    pub async fn create_pipeline(
        &self,
        name: &str,
        stages: &[(&str, &[Action])],
    ) -> Result<String> {
        let create = self.0.create_pipeline().pipeline(pipeline(name, stages)?);
        create.send().await?;
        let started = async {
            loop {
                let listed = self.0.list_pipeline_executions().pipeline_name(name).send().await?;
                let first = listed.pipeline_execution_summaries().first();
                if let Some(id) = first.and_then(|execution| execution.pipeline_execution_id()) {
                    return Ok::<String, Box<dyn Error>>(id.to_owned());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, started).await?
    }

    /// CreatePipeline. Abandons the execution that it starts, so that nothing is in progress.
    pub async fn create_idle_pipeline(
        &self,
        name: &str,
        stages: &[(&str, &[Action])],
    ) -> Result<()> {
        let started = self.create_pipeline(name, stages).await?;
        let stop = self.0.stop_pipeline_execution().pipeline_name(name);
        stop.pipeline_execution_id(&started).abandon(true).send().await?;
        self.wait_until_over(name, &started).await?;
        Ok(())
    }

    /// UpdatePipeline.
    pub async fn update_pipeline(&self, name: &str, stages: &[(&str, &[Action])]) -> Result<()> {
        self.0.update_pipeline().pipeline(pipeline(name, stages)?).send().await?;
        Ok(())
    }

    /// StartPipelineExecution. Returns the id of the execution.
    pub async fn start(&self, pipeline: &str) -> Result<String> {
        let reply = self.0.start_pipeline_execution().name(pipeline).send().await?;
        Ok(reply.pipeline_execution_id.ok_or("StartPipelineExecution gave no execution id")?)
    }

    /// The client of the SDK, for all other calls.
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Approves, as soon as the approval is open.
    pub async fn approve(&self, pipeline: &str, stage: &str, action: &str) -> Result<()> {
        self.answer(pipeline, stage, action, Answer::Approved).await
    }

    /// Answers, as soon as the approval is open.
    pub async fn answer(
        &self,
        pipeline: &str,
        stage: &str,
        action: &str,
        answer: Answer,
    ) -> Result<()> {
        let open = self.open_approval(pipeline, stage, action).await?;
        self.put_answer(&open, answer, "reviewed").await
    }

    /// Waits until the approval is open.
    pub async fn open_approval<'a>(
        &self,
        pipeline: &'a str,
        stage: &'a str,
        action: &'a str,
    ) -> Result<OpenApproval<'a>> {
        let open = async {
            loop {
                if let Some(attempt) = self.token(pipeline, action).await? {
                    return Ok(OpenApproval { pipeline, stage, action, attempt });
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, open).await?
    }

    /// PutApprovalResult.
    pub async fn put_answer(
        &self,
        open: &OpenApproval<'_>,
        answer: Answer,
        comment: &str,
    ) -> Result<()> {
        self.approval_result(open, answer, comment)?.send().await?;
        Ok(())
    }

    /// PutApprovalResult by somebody who may not. Returns the message with which IAM denies it,
    /// `None` if nothing does.
    pub async fn denial(&self, open: &OpenApproval<'_>, answer: Answer) -> Result<Option<String>> {
        match self.approval_result(open, answer, "reviewed")?.send().await {
            Ok(_) => Ok(None),
            Err(error) if error.code() == Some("AccessDeniedException") => {
                Ok(Some(error.message().unwrap_or_default().to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn approval_result(
        &self,
        open: &OpenApproval<'_>,
        answer: Answer,
        comment: &str,
    ) -> Result<PutApprovalResultFluentBuilder> {
        let status = ApprovalStatus::from(answer.as_str());
        let result = ApprovalResult::builder().summary(comment).status(status).build()?;
        let request = self.0.put_approval_result().pipeline_name(open.pipeline);
        let request = request.stage_name(open.stage).action_name(open.action);
        Ok(request.token(&open.attempt).result(result))
    }

    /// What an execution releases: the revision of the newest succeeded attempt of each Source
    /// action.
    pub async fn revisions(&self, pipeline: &str, execution_id: &str) -> Result<Vec<String>> {
        let mut history = self.history(pipeline, execution_id).await?;
        history.retain(|detail| is_source(detail) && has_succeeded(detail));
        let revision = |detail: &ActionExecutionDetail| {
            let result = detail.output()?.execution_result()?;
            result.external_execution_id().map(str::to_owned)
        };
        let revisions: Option<_> = newest(history).iter().map(revision).collect();
        Ok(revisions.ok_or("a Source action has succeeded without a revision")?)
    }

    async fn token(&self, pipeline: &str, action: &str) -> Result<Option<String>> {
        let state = self.0.get_pipeline_state().name(pipeline).send().await?;
        let actions = state.stage_states().iter().flat_map(|stage| stage.action_states());
        let run = actions
            .filter(|state| state.action_name() == Some(action))
            .find_map(|state| state.latest_execution());
        Ok(run.and_then(|run| run.token()).map(str::to_owned))
    }

    /// RetryStageExecution.
    pub async fn retry(
        &self,
        pipeline: &str,
        stage: &str,
        execution_id: &str,
        mode: RetryMode,
    ) -> Result<()> {
        let mode = match mode {
            RetryMode::AllActions => StageRetryMode::AllActions,
            RetryMode::FailedActions => StageRetryMode::FailedActions,
        };
        self.0
            .retry_stage_execution()
            .pipeline_name(pipeline)
            .stage_name(stage)
            .pipeline_execution_id(execution_id)
            .retry_mode(mode)
            .send()
            .await?;
        Ok(())
    }

    /// Waits until the execution has ended, and reads its outcome from its history.
    pub async fn end_of(&self, pipeline: &str, execution_id: &str, gate: &str) -> Result<Ended> {
        let status = self.wait_until_over(pipeline, execution_id).await?;
        let newest = newest(self.history(pipeline, execution_id).await?);
        let judged = newest.iter().find(|detail| detail.action_name() == Some(gate));
        let variables = judged.and_then(|detail| detail.output()?.output_variables().cloned());
        Ok(Ended {
            succeeded: status == PipelineExecutionStatus::Succeeded,
            gate: judged.map(words).unwrap_or_default(),
            variables: variables.into_iter().flatten().collect(),
            done: newest
                .iter()
                .filter(|detail| has_succeeded(detail))
                .filter_map(|detail| detail.action_name.clone())
                .collect(),
        })
    }

    /// Waits until an execution has ended. Returns its status. After a start or a retry AWS shows
    /// an old status, or none, for a second or two; the pipeline's state shows sooner that the
    /// execution is in progress.
    async fn wait_until_over(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> Result<PipelineExecutionStatus> {
        let over = async {
            loop {
                if !self.is_in_a_stage(pipeline, execution_id).await?
                    && let Some(status) = self.status(pipeline, execution_id).await?
                    && !matches!(
                        status,
                        PipelineExecutionStatus::InProgress | PipelineExecutionStatus::Stopping
                    )
                {
                    return Ok::<_, Box<dyn Error>>(status);
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await?
    }

    async fn is_in_a_stage(&self, pipeline: &str, execution_id: &str) -> Result<bool> {
        let state = self.0.get_pipeline_state().name(pipeline).send().await?;
        Ok(state.stage_states().iter().any(|stage| {
            let latest = stage.latest_execution().filter(|latest| {
                matches!(
                    latest.status(),
                    StageExecutionStatus::InProgress | StageExecutionStatus::Stopping
                )
            });
            let waiting = stage.inbound_executions().iter();
            let mut ids = waiting.chain(latest).map(|execution| execution.pipeline_execution_id());
            ids.any(|id| id == execution_id)
        }))
    }

    async fn status(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> Result<Option<PipelineExecutionStatus>> {
        let call = self
            .0
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution_id);
        match call.send().await {
            Ok(reply) => Ok(reply.pipeline_execution.and_then(|execution| execution.status)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_pipeline_execution_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// ListActionExecutions: every attempt, the newest first.
    async fn history(
        &self,
        pipeline: &str,
        execution_id: &str,
    ) -> Result<Vec<ActionExecutionDetail>> {
        let call = self.0.list_action_executions().pipeline_name(pipeline);
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution_id).build();
        let pages = call.filter(filter).into_paginator().items().send();
        Ok(pages.collect::<std::result::Result<_, _>>().await?)
    }
}

/// The first attempt of each action in a list of attempts, the newest first.
fn newest(history: Vec<ActionExecutionDetail>) -> Vec<ActionExecutionDetail> {
    let mut newest: Vec<ActionExecutionDetail> = Vec::new();
    for detail in history {
        if !newest.iter().any(|other| other.action_name == detail.action_name) {
            newest.push(detail);
        }
    }
    newest
}

fn has_succeeded(detail: &ActionExecutionDetail) -> bool {
    detail.status() == Some(&ActionExecutionStatus::Succeeded)
}

fn is_source(detail: &ActionExecutionDetail) -> bool {
    let type_id = detail.input().and_then(|input| input.action_type_id());
    type_id.is_some_and(|type_id| type_id.category() == &ActionCategory::Source)
}

/// The message of an action at its end: its error if it failed, or else its output variables,
/// because AWS does not show the summary of a success.
fn words(detail: &ActionExecutionDetail) -> String {
    let output = detail.output();
    let result = output.and_then(|output| output.execution_result());
    if let Some(text) = result.and_then(|result| result.external_execution_summary()) {
        return text.to_owned();
    }
    let variables = output.and_then(|output| output.output_variables());
    let Some(variables) = variables else {
        return String::new();
    };
    if let Some(summary) = variables.get("Summary") {
        return summary.clone();
    }
    let mut lines: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.sort_unstable();
    lines.join("\n")
}
