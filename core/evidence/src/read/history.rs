//! The history of a pipeline: the content of CodePipeline's two lists, no matter how it was read.
//!
//! AWS may leave out nearly every member. A missing member is `None` here, and the code that needs
//! it decides what follows.

use jiff::Timestamp;
use litemap::LiteMap;
use names::Versions;
use rule::{ActionKind, Approver, Attempt, Initiator, Invoked, Reviews, Status};

/// Texts by name. Most actions have one or two, and a tree takes ten times the memory for them.
pub type Texts = LiteMap<String, String>;

/// The executions and actions of one pipeline.
#[derive(Debug, Default, PartialEq)]
pub struct History {
    /// ListPipelineExecutions, in any order.
    pub executions: Vec<PipelineExecution>,
    /// ListActionExecutions, of any execution and in any order.
    pub actions: Vec<ActionExecution>,
}

/// One run of the pipeline: `PipelineExecutionSummary`.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineExecution {
    /// `pipelineExecutionId`.
    pub id: String,
    /// `status`.
    pub status: ExecutionStatus,
    /// `startTime`.
    pub started: Option<Timestamp>,
    /// `lastUpdateTime`.
    pub updated: Option<Timestamp>,
    /// `sourceRevisions`.
    pub revisions: Vec<Revision>,
    /// `trigger`.
    pub trigger: Trigger,
    /// `executionMode`: SUPERSEDED, QUEUED or PARALLEL.
    pub mode: Option<String>,
    /// `executionType`: STANDARD or ROLLBACK.
    pub kind: Option<String>,
    /// `stopTrigger.reason`: the reason that a user gave for stopping it.
    pub stop_reason: Option<String>,
}

/// `PipelineExecutionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// `InProgress`.
    InProgress,
    /// `Stopping`.
    Stopping,
    /// `Stopped`.
    Stopped,
    /// `Succeeded`.
    Succeeded,
    /// `Superseded`: a newer execution overtook it.
    Superseded,
    /// `Failed`.
    Failed,
    /// `Cancelled`: the pipeline's structure changed while it ran.
    Cancelled,
    /// Missing, or not in the API model.
    Unknown,
}

impl ExecutionStatus {
    /// The status that AWS spells this way.
    pub fn from_aws(status: Option<&str>) -> Self {
        match status {
            Some("InProgress") => Self::InProgress,
            Some("Stopping") => Self::Stopping,
            Some("Stopped") => Self::Stopped,
            Some("Succeeded") => Self::Succeeded,
            Some("Superseded") => Self::Superseded,
            Some("Failed") => Self::Failed,
            Some("Cancelled") => Self::Cancelled,
            Some(_) | None => Self::Unknown,
        }
    }

    /// The spelling of AWS, or `Unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Succeeded => "Succeeded",
            Self::Superseded => "Superseded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Unknown => "Unknown",
        }
    }

    /// Whether something may still happen in the execution.
    pub fn is_active(self) -> bool {
        match self {
            Self::InProgress | Self::Stopping => true,
            Self::Stopped
            | Self::Succeeded
            | Self::Superseded
            | Self::Failed
            | Self::Cancelled
            | Self::Unknown => false,
        }
    }
}

/// What started an execution: `ExecutionTrigger`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// `triggerType`.
    pub kind: Option<String>,
    /// `triggerDetail`: an ARN or free text, depending on the type.
    pub detail: Option<String>,
}

impl Trigger {
    /// The initiator, as the rule needs it.
    pub fn initiator(&self) -> Initiator {
        Initiator::from_trigger(self.kind.as_deref(), self.detail.as_deref())
    }
}

/// One source of an execution: `SourceRevision`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// `actionName`.
    pub action: Option<String>,
    /// `revisionId`, for example a commit id.
    pub id: Option<String>,
    /// The commit's message, if the source's provider gives one.
    pub message: Option<String>,
    /// The provider behind a connection, for example `GitHub`.
    pub provider: Option<String>,
    /// `revisionUrl`.
    pub url: Option<String>,
}

impl Revision {
    /// `summary` is `revisionSummary`: the commit's message. Connections, for example to GitHub,
    /// wrap it into JSON (CodePipeline User Guide, "CodeStarSourceConnection: output variables").
    pub fn new(
        action: Option<String>,
        id: Option<String>,
        summary: Option<String>,
        url: Option<String>,
    ) -> Self {
        #[derive(serde::Deserialize)]
        struct Wrapped {
            #[serde(rename = "CommitMessage")]
            message: String,
            #[serde(rename = "ProviderType")]
            provider: Option<String>,
        }
        let wrapped = summary.as_deref().map(serde_json::from_str::<Wrapped>);
        let (message, provider) = match wrapped {
            Some(Ok(Wrapped { message, provider })) => (Some(message), provider),
            Some(Err(_)) | None => (summary, None),
        };
        Self { action, id, message, provider, url }
    }
}

/// One attempt of one action: `ActionExecutionDetail`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionExecution {
    /// `pipelineExecutionId`: the execution that it belongs to.
    pub execution_id: String,
    /// `pipelineVersion`: the version of the pipeline's structure that it ran under.
    pub pipeline_version: Option<i32>,
    /// The attempt, as the rule needs it. Its approver comes from the history alone. Lists of
    /// actions are sorted and divided, which moves half as much if attempts stay where they are.
    pub attempt: Box<Attempt>,
    /// `actionTypeId`.
    pub kind: Option<ActionType>,
    /// The region that the action runs in.
    pub region: Option<String>,
    /// `roleArn`: the role that performs it, if it is not the pipeline's.
    pub role: Option<String>,
    /// The configuration, with its variables resolved if AWS shows their values.
    pub configuration: Texts,
    /// `externalExecutionId`: an approval's token or a deployment's id.
    pub external_id: Option<String>,
    /// `errorDetails`.
    pub error: Option<ActionError>,
    /// `outputVariables`.
    pub outputs: Texts,
}

impl ActionExecution {
    /// The attempt. If it invoked the function of `reviews`, it has what the function reported:
    /// nothing else is judged by output variables.
    pub(crate) fn whole_attempt(&self, reviews: Option<&Reviews>) -> Attempt {
        let invokes = self.kind.as_ref().is_some_and(ActionType::invokes_lambda);
        let function = self.configuration.get("FunctionName").filter(|_| invokes);
        let is_of = |reviews: &Reviews, function: &String| {
            reviews.function().matches(function, Versions::Any)
        };
        let invoked = function.filter(|it| reviews.is_some_and(|reviews| is_of(reviews, it)));
        let invoked = invoked.map(|function| Invoked {
            function: Some(function.clone()),
            role: self.role.clone(),
            outputs: self.outputs.iter().map(|(name, text)| (name.clone(), text.clone())).collect(),
        });
        Attempt { region: self.region.clone(), invoked, ..(*self.attempt).clone() }
    }
}

/// What an action does: `ActionTypeId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionType {
    /// For example `Deploy`.
    pub category: String,
    /// For example `AWS`.
    pub owner: String,
    /// For example `CloudFormation`.
    pub provider: String,
}

impl ActionType {
    /// Whether it invokes a Lambda function.
    pub(crate) fn invokes_lambda(&self) -> bool {
        ActionKind::invokes_lambda(Some(&self.category), Some(&self.owner), Some(&self.provider))
    }

    fn action_kind(&self) -> ActionKind {
        ActionKind::from_type_id(Some(&self.category), Some(&self.owner), Some(&self.provider))
    }
}

/// Why an action failed: `ErrorDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionError {
    /// `code`.
    pub code: Option<String>,
    /// `message`.
    pub message: Option<String>,
}

/// The members of `ActionExecutionDetail` as AWS gives them. Every reader of the history fills
/// this in.
#[derive(Debug, Default)]
pub struct RawAction {
    /// `pipelineVersion`.
    pub pipeline_version: Option<i32>,
    /// `stageName`.
    pub stage: Option<String>,
    /// `actionName`.
    pub action: Option<String>,
    /// `actionExecutionId`.
    pub id: Option<String>,
    /// `startTime`.
    pub started: Option<Timestamp>,
    /// `lastUpdateTime`.
    pub updated: Option<Timestamp>,
    /// `updatedBy`: the approver, if this is an approval.
    pub updated_by: Option<String>,
    /// `input.actionTypeId`.
    pub kind: Option<ActionType>,
    /// `input.region`.
    pub region: Option<String>,
    /// `input.roleArn`.
    pub role: Option<String>,
    /// `input.configuration`.
    pub configuration: Texts,
    /// `input.resolvedConfiguration`.
    pub resolved_configuration: Texts,
    /// `output.executionResult.externalExecutionId`.
    pub external_id: Option<String>,
    /// `output.executionResult.externalExecutionSummary`: an approver's comment.
    pub summary: Option<String>,
    /// `output.executionResult.errorDetails`.
    pub error: Option<ActionError>,
    /// `output.outputVariables`.
    pub outputs: Texts,
}

impl RawAction {
    /// The action of this execution, with the `status` that AWS gives it.
    pub fn into_action(self, execution_id: String, status: Option<&str>) -> ActionExecution {
        let mut configuration = self.configuration;
        configuration.extend(self.resolved_configuration);
        let kind = self.kind.as_ref().map_or(ActionKind::Unknown, ActionType::action_kind);
        ActionExecution {
            execution_id,
            pipeline_version: self.pipeline_version,
            attempt: Box::new(Attempt {
                stage: self.stage,
                action: self.action,
                id: self.id,
                kind,
                status: Status::from_api(status),
                started: self.started,
                updated: self.updated,
                answered: None,
                error: self.error.as_ref().and_then(|error| error.code.clone()),
                approver: Approver { history: self.updated_by, state: None },
                comment: self.summary,
                revision: self.external_id.clone().filter(|_| kind == ActionKind::Source),
                region: None,
                invoked: None,
            }),
            kind: self.kind,
            region: self.region,
            role: self.role,
            configuration,
            external_id: self.external_id,
            error: self.error,
            outputs: self.outputs,
        }
    }
}

/// Rounds a time to the millisecond, which is the precision of CodePipeline. A time that was
/// printed as a floating-point number has further digits that mean nothing.
///
/// Returns `None` if the result is out of range.
pub fn to_millisecond(at: Timestamp) -> Option<Timestamp> {
    let round = jiff::TimestampRound::new().smallest(jiff::Unit::Millisecond);
    at.round(round.mode(jiff::RoundMode::HalfCeil)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_message_is_unwrapped() {
        let message = |summary: &str| {
            Revision::new(None, None, Some(summary.to_owned()), None).message.unwrap()
        };
        assert_eq!(
            message(r#"{"ProviderType":"GitHub","CommitMessage":"fix: \"it\""}"#),
            "fix: \"it\""
        );
        assert_eq!(message("fix: it"), "fix: it");
        assert_eq!(message("{\"ProviderType\":\"GitHub\"}"), "{\"ProviderType\":\"GitHub\"}");
    }

    #[test]
    fn a_time_is_rounded_to_the_millisecond() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        for text in [
            "2026-01-02T03:04:05.122999907Z",
            "2026-01-02T03:04:05.123Z",
            "2026-01-02T03:04:05.123000095Z",
        ] {
            assert_eq!(
                to_millisecond(time(text)),
                Some(time("2026-01-02T03:04:05.123Z")),
                "{text}"
            );
        }
    }
}
