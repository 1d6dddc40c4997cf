//! The port over the AWS SDK: the only file of this program that names it.

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_codepipeline::primitives::DateTime;
use aws_sdk_codepipeline::types as sdk;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, PipelineExecutionStatus,
    PipelineExecutionSummary, SourceRevision,
};
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use iam::account::details::{
    AttachedPolicy, Boundary, Details, Document, GroupDetail, InlinePolicy, PolicyDetail,
    PolicyVersion, RoleDetail, Tag, UserDetail,
};
use iam::account::{Account, AccountError};

use doctor::pipeline::{
    Action, ActionTypeId, Artifact, Condition, ConditionRule, Conditions, ExecutionMode,
    FIRST_RUN_ORDER, OnFailure, Pipeline, PipelineError, RetryConfiguration, RuleTypeId, Stage,
    Structure,
};
use evidence::facts::{PipelineState, RetriedBy, StageState, StateRun};

/// How many users, groups, roles and policies a page of an account has at most (IAM API Reference).
const PAGE: i32 = 1000;
use jiff::Timestamp;

use evidence::history::{
    ActionError, ActionExecution, ActionType, ExecutionStatus, PipelineExecution, RawAction,
    Revision, Trigger, to_millisecond,
};
use evidence::{APPROVAL, CloudTrail, CodePipeline, Page, Period};

/// Where IAM is asked when no region is configured. It has one address for all regions of the
/// partition `aws` (AWS General Reference, "IAM endpoints"); in another partition some region of it
/// has to be configured.
const ANY_REGION: &str = "us-east-1";

/// How often a request is sent at most: the SDK backs off between the tries, and longer when it is
/// throttled.
const TRIES: u32 = 8;
/// Between two pages of LookupEvents, of which AWS allows two a second (CloudTrail API Reference,
/// "LookupEvents").
const LOOKUP_PAUSE: Duration = Duration::from_millis(500);
/// How many seconds before and after the making of a session its event is looked for.
const LOOKUP_MARGIN: i64 = 5;

/// Where AWS is, and as whom to ask it. What is `None` the SDK's usual chain decides: environment,
/// shared files, IAM Identity Center, instance role.
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

    /// The whole account: all pages of GetAccountAuthorizationDetails. `progress` is told how much
    /// has been read.
    ///
    /// # Errors
    /// [`CallError`] when AWS does not answer; and what is wrong with the account when it does.
    pub(crate) async fn account(
        &self,
        progress: impl Fn(usize),
    ) -> Result<Result<Account, AccountError>, CallError> {
        const ACTION: &str = "iam:GetAccountAuthorizationDetails";
        let mut config = aws_sdk_iam::config::Builder::from(&self.0);
        if self.region().is_none() {
            config = config.region(Region::new(ANY_REGION));
        }
        let client = aws_sdk_iam::Client::from_conf(config.build());
        let mut details = Details {
            user_detail_list: Some(Vec::new()),
            group_detail_list: Some(Vec::new()),
            role_detail_list: Some(Vec::new()),
            policies: Some(Vec::new()),
            ..Details::default()
        };
        let mut marker = None;
        let mut read = 0;
        loop {
            let page = client
                .get_account_authorization_details()
                .set_marker(marker)
                .max_items(PAGE)
                .send()
                .await
                .map_err(|error| CallError::new(ACTION, &error))?;
            let lacks = |what| CallError::Incomplete { action: ACTION.to_owned(), what };
            read += page.user_detail_list().len()
                + page.group_detail_list().len()
                + page.role_detail_list().len()
                + page.policies().len();
            progress(read);
            marker = match (page.is_truncated, &page.marker) {
                (false, _) => None,
                (true, Some(marker)) => Some(marker.clone()),
                (true, None) => return Err(lacks("the marker of its next page")),
            };
            let users = page.user_detail_list.unwrap_or_default().into_iter().map(user);
            extend(&mut details.user_detail_list, users).map_err(lacks)?;
            let groups = page.group_detail_list.unwrap_or_default().into_iter().map(group);
            extend(&mut details.group_detail_list, groups).map_err(lacks)?;
            let roles = page.role_detail_list.unwrap_or_default().into_iter().map(role);
            extend(&mut details.role_detail_list, roles).map_err(lacks)?;
            let policies = page.policies.unwrap_or_default().into_iter().map(managed_policy);
            extend(&mut details.policies, policies).map_err(lacks)?;
            if marker.is_none() {
                return Ok(Account::supposing(details));
            }
        }
    }

    /// The region that requests go to, where one is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.0.region().map(Region::as_ref)
    }
}

impl Aws {
    /// The names of all pipelines of the region.
    ///
    /// # Errors
    /// [`CallError`] when AWS gives no answer.
    pub(crate) async fn list_pipelines(&self) -> Result<Vec<String>, CallError> {
        let pages =
            aws_sdk_codepipeline::Client::new(&self.0).list_pipelines().into_paginator().items();
        let summaries = pages.send().collect::<Result<Vec<_>, _>>().await;
        let summaries =
            summaries.map_err(|error| CallError::new("codepipeline:ListPipelines", &error))?;
        let names = summaries.into_iter().map(|summary| {
            summary.name.ok_or_else(|| CallError::Incomplete {
                action: "codepipeline:ListPipelines".to_owned(),
                what: "the name of a pipeline",
            })
        });
        names.collect()
    }

    /// A pipeline as it is now.
    ///
    /// # Errors
    /// [`CallError`] when AWS gives no answer, or one that lacks something.
    pub(crate) async fn get_pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        const ACTION: &str = "codepipeline:GetPipeline";
        let incomplete = |what| CallError::Incomplete { action: ACTION.to_owned(), what };
        let sent =
            aws_sdk_codepipeline::Client::new(&self.0).get_pipeline().name(name).send().await;
        let answer = sent.map_err(|error| CallError::new(ACTION, &error))?;
        let pipeline = answer.pipeline.ok_or_else(|| incomplete("the pipeline"))?;
        let structure = Structure {
            name: pipeline.name,
            execution_mode: match pipeline.execution_mode {
                None => ExecutionMode::default(),
                Some(mode) => ExecutionMode::from_aws(mode.as_str())
                    .ok_or_else(|| incomplete("a known execution mode"))?,
            },
            stages: pipeline
                .stages
                .into_iter()
                .map(stage)
                .collect::<Result<_, _>>()
                .map_err(incomplete)?,
        };
        let arn = answer.metadata.and_then(|metadata| metadata.pipeline_arn);
        Pipeline::new(arn, structure).map_err(CallError::Contradictory)
    }
}

/// What an answer lacks, where the model requires it.
type Lack = &'static str;

fn stage(stage: sdk::StageDeclaration) -> Result<Stage, Lack> {
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

fn action(action: sdk::ActionDeclaration) -> Result<Action, Lack> {
    let type_id = action.action_type_id.ok_or("the type of an action")?;
    let inputs = action.input_artifacts.unwrap_or_default().into_iter();
    let outputs = action.output_artifacts.unwrap_or_default().into_iter();
    let number = |number: i32| u32::try_from(number).map_err(|_| "a number that is not below 0");
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
    })
}

fn on_failure(failure: sdk::FailureConditions) -> Result<OnFailure, Lack> {
    Ok(OnFailure {
        result: failure.result.map(|result| result.as_str().to_owned()),
        retry_configuration: failure.retry_configuration.map(|retry| RetryConfiguration {
            retry_mode: retry.retry_mode.map(|mode| mode.as_str().to_owned()),
        }),
        conditions: conditions(failure.conditions.unwrap_or_default())?.conditions,
    })
}

fn conditions(conditions: Vec<sdk::Condition>) -> Result<Conditions, Lack> {
    let conditions = conditions.into_iter().map(|condition| {
        let rules = condition.rules.unwrap_or_default().into_iter();
        Ok(Condition {
            result: condition.result.map(|result| result.as_str().to_owned()),
            rules: rules.map(condition_rule).collect::<Result<_, Lack>>()?,
        })
    });
    Ok(Conditions { conditions: conditions.collect::<Result<_, Lack>>()? })
}

fn condition_rule(rule: sdk::RuleDeclaration) -> Result<ConditionRule, Lack> {
    Ok(ConditionRule {
        name: rule.name,
        rule_type_id: RuleTypeId {
            provider: rule.rule_type_id.ok_or("the type of a condition's rule")?.provider,
        },
        configuration: rule.configuration.unwrap_or_default().into_iter().collect(),
    })
}

fn extend<T>(
    list: &mut Option<Vec<T>>,
    more: impl Iterator<Item = Result<T, &'static str>>,
) -> Result<(), &'static str> {
    for one in more {
        list.get_or_insert_default().push(one?);
    }
    Ok(())
}

fn user(user: types::UserDetail) -> Result<UserDetail<'static>, &'static str> {
    Ok(UserDetail {
        user_name: user.user_name.ok_or("`UserName`")?,
        user_id: user.user_id.ok_or("`UserId`")?,
        arn: user.arn.ok_or("a user's `Arn`")?,
        group_list: user.group_list.unwrap_or_default(),
        user_policy_list: inline(user.user_policy_list)?,
        attached_managed_policies: attached(user.attached_managed_policies)?,
        permissions_boundary: boundary(user.permissions_boundary)?,
        tags: tags(user.tags),
    })
}

fn group(group: types::GroupDetail) -> Result<GroupDetail<'static>, &'static str> {
    Ok(GroupDetail {
        group_name: group.group_name.ok_or("`GroupName`")?,
        arn: group.arn.ok_or("a group's `Arn`")?,
        group_policy_list: inline(group.group_policy_list)?,
        attached_managed_policies: attached(group.attached_managed_policies)?,
    })
}

fn role(role: types::RoleDetail) -> Result<RoleDetail<'static>, &'static str> {
    let trust = role.assume_role_policy_document.ok_or("`AssumeRolePolicyDocument`")?;
    Ok(RoleDetail {
        role_name: role.role_name.ok_or("`RoleName`")?,
        role_id: role.role_id.ok_or("`RoleId`")?,
        arn: role.arn.ok_or("a role's `Arn`")?,
        assume_role_policy_document: document(&trust)?,
        role_policy_list: inline(role.role_policy_list)?,
        attached_managed_policies: attached(role.attached_managed_policies)?,
        permissions_boundary: boundary(role.permissions_boundary)?,
        tags: tags(role.tags),
    })
}

fn managed_policy(
    policy: types::ManagedPolicyDetail,
) -> Result<PolicyDetail<'static>, &'static str> {
    let versions = policy.policy_version_list.unwrap_or_default().into_iter().map(|version| {
        Ok::<_, &'static str>(PolicyVersion {
            version_id: version.version_id.ok_or("`VersionId`")?,
            is_default_version: version.is_default_version,
            document: document(&version.document.ok_or("a policy version's `Document`")?)?,
        })
    });
    Ok(PolicyDetail {
        policy_name: policy.policy_name.ok_or("`PolicyName`")?,
        arn: policy.arn.ok_or("a policy's `Arn`")?,
        policy_version_list: versions.collect::<Result<_, _>>()?,
    })
}

fn inline(
    policies: Option<Vec<types::PolicyDetail>>,
) -> Result<Vec<InlinePolicy<'static>>, &'static str> {
    let policies = policies.unwrap_or_default().into_iter().map(|policy| {
        Ok(InlinePolicy {
            policy_name: policy.policy_name.ok_or("`PolicyName`")?,
            policy_document: document(&policy.policy_document.ok_or("`PolicyDocument`")?)?,
        })
    });
    policies.collect()
}

fn attached(
    policies: Option<Vec<types::AttachedPolicy>>,
) -> Result<Vec<AttachedPolicy>, &'static str> {
    let policies = policies.unwrap_or_default().into_iter();
    policies
        .map(|policy| Ok(AttachedPolicy { policy_arn: policy.policy_arn.ok_or("`PolicyArn`")? }))
        .collect()
}

fn boundary(
    boundary: Option<types::AttachedPermissionsBoundary>,
) -> Result<Option<Boundary>, &'static str> {
    let Some(boundary) = boundary else {
        return Ok(None);
    };
    let arn = boundary.permissions_boundary_arn.ok_or("`PermissionsBoundaryArn`")?;
    Ok(Some(Boundary { permissions_boundary_arn: arn }))
}

fn tags(tags: Option<Vec<types::Tag>>) -> Vec<Tag> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.map(|tag| Tag { key: tag.key, value: tag.value }).collect()
}

fn document(encoded: &str) -> Result<Document<'static>, &'static str> {
    Document::from_api(encoded).map_err(|_| "a policy document that decodes to UTF-8")
}

/// Why AWS gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The permission is missing.
    #[error("AWS refuses {action}: {message}; give the caller this permission")]
    AccessDenied { action: String, message: String },
    /// AWS answered with another error.
    #[error("{action} failed: {code}: {message}")]
    Refused { action: String, code: String, message: String },
    /// No answer came.
    #[error(
        "{action} got no answer: {problem}; check the network, the credentials, --region and --endpoint-url"
    )]
    Unreachable { action: String, problem: String },
    /// An answer that lacks what it should have.
    #[error("the answer to {action} lacks {what}")]
    Incomplete { action: String, what: &'static str },
    /// An answer that contradicts itself.
    #[error("the answer to codepipeline:GetPipeline contradicts itself")]
    Contradictory(#[source] PipelineError),
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
            // Neither credentials nor a reply's body are part of it: transport and configuration
            // problems only.
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

impl CloudTrail for Aws {
    type Error = CallError;

    async fn approval_events(&self, period: Period) -> Result<Vec<String>, CallError> {
        // Not up to the end of the period: what started in it may have been approved later.
        let start = period.since.map(|since| DateTime::from_secs(since.as_second()));
        self.look_up(LookupAttributeKey::EventName, APPROVAL, start, None).await
    }

    async fn events_of_resource(
        &self,
        name: &str,
        around: Option<Timestamp>,
    ) -> Result<Vec<String>, CallError> {
        tokio::time::sleep(LOOKUP_PAUSE).await;
        let second = around.map(Timestamp::as_second);
        let start = second.map(|second| DateTime::from_secs(second.saturating_sub(LOOKUP_MARGIN)));
        let end = second.map(|second| DateTime::from_secs(second.saturating_add(LOOKUP_MARGIN)));
        self.look_up(LookupAttributeKey::ResourceName, name, start, end).await
    }
}

impl Aws {
    /// All pages of LookupEvents by one attribute, slowly: AWS takes two requests a second.
    async fn look_up(
        &self,
        key: LookupAttributeKey,
        value: &str,
        start: Option<DateTime>,
        end: Option<DateTime>,
    ) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "cloudtrail:LookupEvents";
        let attribute = LookupAttribute::builder()
            .attribute_key(key)
            .attribute_value(value)
            .build()
            .map_err(|_| incomplete(ACTION, "its own lookup attribute"))?;
        let cloudtrail = aws_sdk_cloudtrail::Client::new(&self.0);
        let mut events = Vec::new();
        let mut token = None;
        loop {
            let call = cloudtrail.lookup_events().lookup_attributes(attribute.clone());
            let call = call.set_start_time(start).set_end_time(end).set_next_token(token.clone());
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
                Some(next) if token.as_ref() == Some(&next) => {
                    return Err(incomplete(ACTION, "a next page"));
                }
                Some(next) => token = Some(next),
            }
            tokio::time::sleep(LOOKUP_PAUSE).await;
        }
    }
}

fn incomplete(action: &str, what: &'static str) -> CallError {
    CallError::Incomplete { action: action.to_owned(), what }
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
    let input =
        input.map(|it| (it.action_type_id, it.configuration, it.resolved_configuration, it.region));
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
