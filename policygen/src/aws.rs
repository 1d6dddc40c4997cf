//! The port over the AWS SDK: the only file of this program that names it.

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_codepipeline::primitives::DateTime;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, PipelineExecutionStatus,
    PipelineExecutionSummary, SourceRevision,
};
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use jiff::Timestamp;

use crate::evidence::history::{
    ActionError, ActionExecution, ActionType, ExecutionStatus, PipelineExecution, RawAction, Revision, Trigger,
    to_millisecond,
};
use crate::evidence::{CloudTrail, CodePipeline, EVENT_NAME, Page, Period};

/// How often a request is sent at most: the SDK backs off between the tries, and longer when it is throttled.
const TRIES: u32 = 8;
/// Between two pages of LookupEvents, of which AWS allows two a second (CloudTrail API Reference, "LookupEvents").
const LOOKUP_PAUSE: Duration = Duration::from_millis(500);

/// Where AWS is, and as whom to ask it. What is `None` the SDK's usual chain decides: environment, shared files,
/// IAM Identity Center, instance role.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct Connection {
    /// The profile of your AWS configuration to use
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Another address to send the requests to, e.g. of the emulator
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

/// AWS, reached by the SDK.
#[derive(Clone, Debug)]
pub(crate) struct Aws(SdkConfig);

impl Aws {
    /// Looks up credentials and region; sends nothing yet.
    pub(crate) async fn connect(connection: &Connection, region: Option<&str>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .retry_config(RetryConfig::adaptive().with_max_attempts(TRIES));
        if let Some(profile) = &connection.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        Self(loader.load().await)
    }

    /// The region that requests go to, where one is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.0.region().map(Region::as_ref)
    }
}

/// Why AWS gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The permission is missing.
    #[error("AWS refuses {action}: {message}; give the caller this permission")]
    AccessDenied { action: String, message: String },
    /// AWS answered with another error.
    #[error("{action} failed: {code}: {message}")]
    Refused {
        action: String,
        code: String,
        message: String,
    },
    /// No answer came.
    #[error("{action} got no answer: {problem}; check the network, the credentials, --region and --endpoint-url")]
    Unreachable { action: String, problem: String },
    /// An answer that lacks what it should have.
    #[error("the answer to {action} lacks {what}")]
    Incomplete { action: String, what: &'static str },
}

impl CallError {
    /// `action` is the IAM action that the call needs, e.g. `codepipeline:GetPipeline`.
    fn new<E, R>(action: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug + 'static,
    {
        let action = action.to_owned();
        let Some(service) = error.as_service_error() else {
            // Neither credentials nor a reply's body are part of it: transport and configuration problems only.
            let problem = DisplayErrorContext(error).to_string();
            return Self::Unreachable { action, problem };
        };
        let code = service.code().unwrap_or("an unknown error").to_owned();
        let message = service.message().unwrap_or("without a message").to_owned();
        match code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
                Self::AccessDenied { action, message }
            }
            _ => Self::Refused { action, code, message },
        }
    }
}

impl Aws {
    /// The history of pipelines.
    pub(crate) fn pipeline_history(&self) -> PipelineHistory {
        PipelineHistory(aws_sdk_codepipeline::Client::new(&self.0))
    }
}

/// CodePipeline's history, reached by the SDK.
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
        let read = |summary| pipeline_execution(summary).ok_or_else(|| incomplete(ACTION, "`pipelineExecutionId`"));
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
        let filter = ActionExecutionFilter::builder()
            .pipeline_execution_id(execution_id)
            .build();
        let call = self.0.list_action_executions();
        let call = call.pipeline_name(pipeline).filter(filter);
        let call = call.set_next_token(token.map(str::to_owned));
        let reply = call.send().await.map_err(|error| CallError::new(ACTION, &error))?;
        let details = reply.action_execution_details.unwrap_or_default().into_iter();
        let read = |detail| action_execution(detail).ok_or_else(|| incomplete(ACTION, "`pipelineExecutionId`"));
        Ok(Page {
            items: details.map(read).collect::<Result<_, _>>()?,
            next_token: reply.next_token,
        })
    }
}

impl CloudTrail for Aws {
    type Error = CallError;

    async fn approval_events(&self, period: Period) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "cloudtrail:LookupEvents";
        let by_name = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(EVENT_NAME)
            .build()
            .map_err(|_| incomplete(ACTION, "its own lookup attribute"))?;
        // Not up to the end of the period: what started in it may have been approved later.
        let start = period.since.map(|since| DateTime::from_secs(since.as_second()));
        let cloudtrail = aws_sdk_cloudtrail::Client::new(&self.0);
        let mut events = Vec::new();
        let mut token = None;
        loop {
            let call = cloudtrail.lookup_events().lookup_attributes(by_name.clone());
            let call = call.set_start_time(start).set_next_token(token.clone());
            let reply = call.send().await.map_err(|error| CallError::new(ACTION, &error))?;
            for event in reply.events.unwrap_or_default() {
                events.push(
                    event
                        .cloud_trail_event
                        .ok_or_else(|| incomplete(ACTION, "`CloudTrailEvent`"))?,
                );
            }
            match reply.next_token {
                None => return Ok(events),
                Some(next) if token.as_ref() == Some(&next) => return Err(incomplete(ACTION, "a next page")),
                Some(next) => token = Some(next),
            }
            tokio::time::sleep(LOOKUP_PAUSE).await;
        }
    }
}

fn incomplete(action: &str, what: &'static str) -> CallError {
    CallError::Incomplete {
        action: action.to_owned(),
        what,
    }
}

fn pipeline_execution(summary: PipelineExecutionSummary) -> Option<PipelineExecution> {
    let revisions = summary.source_revisions.unwrap_or_default().into_iter();
    let revision = |it: SourceRevision| {
        Revision::new(
            Some(it.action_name),
            it.revision_id,
            it.revision_summary,
            it.revision_url,
        )
    };
    let trigger = summary.trigger;
    Some(PipelineExecution {
        id: summary.pipeline_execution_id?,
        status: ExecutionStatus::of(summary.status.as_ref().map(PipelineExecutionStatus::as_str)),
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
    let (result, outputs) = output
        .map(|it| (it.execution_result, it.output_variables))
        .unwrap_or_default();
    let input = input.map(|it| {
        (
            it.action_type_id,
            it.configuration,
            it.resolved_configuration,
            it.region,
        )
    });
    let (kind, configuration, resolved_configuration, region) = input.unwrap_or_default();
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
        configuration: configuration.unwrap_or_default().into_iter().collect(),
        resolved_configuration: resolved_configuration.unwrap_or_default().into_iter().collect(),
        external_id: result.as_ref().and_then(|it| it.external_execution_id.clone()),
        summary: result.as_ref().and_then(|it| it.external_execution_summary.clone()),
        error: result.and_then(|it| it.error_details).map(|error| ActionError {
            code: error.code,
            message: error.message,
        }),
        outputs: outputs.unwrap_or_default().into_iter().collect(),
    };
    Some(raw.of(
        detail.pipeline_execution_id?,
        detail.status.as_ref().map(ActionExecutionStatus::as_str),
    ))
}

fn timestamp(at: DateTime) -> Option<Timestamp> {
    let at = Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?;
    to_millisecond(at)
}
