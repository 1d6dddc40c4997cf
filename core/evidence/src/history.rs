//! The history of a pipeline in the product's own words: what CodePipeline's two lists say,
//! wherever they were read.
//!
//! AWS may leave out nearly everything, so what is missing is an `Option`, and what follows from
//! that is decided where it is needed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rule::{ActionKind, Approver, Attempt, Initiator, Status};

/// What was read of one pipeline.
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
    pub id: String,
    pub status: ExecutionStatus,
    pub started: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub revisions: Vec<Revision>,
    pub trigger: Trigger,
    /// `executionMode`: SUPERSEDED, QUEUED or PARALLEL.
    pub mode: Option<String>,
    /// `executionType`: STANDARD or ROLLBACK.
    pub kind: Option<String>,
    /// Why somebody stopped it.
    pub stop_reason: Option<String>,
}

/// Where an execution stands: `PipelineExecutionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
    Cancelled,
    /// AWS did not say, or said what nobody knows.
    Unknown,
}

impl ExecutionStatus {
    pub fn of(status: Option<&str>) -> Self {
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

/// Who or what started an execution: `ExecutionTrigger`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    pub kind: Option<String>,
    pub detail: Option<String>,
}

impl Trigger {
    /// In the words of the rule.
    pub fn initiator(&self) -> Initiator {
        Initiator::from_trigger(self.kind.as_deref(), self.detail.as_deref())
    }
}

/// One source of an execution: `SourceRevision`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub action: Option<String>,
    pub id: Option<String>,
    /// The commit's message, as far as the source's provider gives one.
    pub message: Option<String>,
    pub url: Option<String>,
}

impl Revision {
    /// `summary` is `revisionSummary`: the commit's message, which connections to GitHub and the
    /// like wrap into JSON (CodePipeline User Guide, "CodeStarSourceConnection: output variables").
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
        }
        let message = summary.map(|summary| match serde_json::from_str::<Wrapped>(&summary) {
            Ok(wrapped) => wrapped.message,
            Err(_) => summary,
        });
        Self { action, id, message, url }
    }
}

/// One attempt of one action, and the execution to which it belongs: `ActionExecutionDetail`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionExecution {
    pub execution_id: String,
    pub pipeline_version: Option<i32>,
    /// As the rule sees it. The approver is known from the history alone.
    pub attempt: Attempt,
    pub kind: Option<ActionType>,
    /// The region in which the action runs, where it is another than the pipeline's.
    pub region: Option<String>,
    /// The configuration with its variables resolved, or as it was written where AWS does not say
    /// that.
    pub configuration: BTreeMap<String, String>,
    /// `externalExecutionId`: of an approval its token, of a deployment its id.
    pub external_id: Option<String>,
    pub error: Option<ActionError>,
    pub outputs: BTreeMap<String, String>,
}

/// What an action does: `ActionTypeId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionType {
    pub category: String,
    pub owner: String,
    pub provider: String,
}

impl ActionType {
    /// What the rule makes of it.
    pub fn kind(of: Option<&Self>) -> ActionKind {
        of.map_or(ActionKind::Unknown, |kind| {
            ActionKind::from_type_id(Some(&kind.category), Some(&kind.owner), Some(&kind.provider))
        })
    }
}

/// Why an action failed: `ErrorDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionError {
    pub code: Option<String>,
    pub message: Option<String>,
}

/// `ActionExecutionDetail` with every member as AWS gives it: what both ways of reading it have to
/// fill in.
#[derive(Debug, Default)]
pub struct RawAction {
    pub pipeline_version: Option<i32>,
    pub stage: Option<String>,
    pub action: Option<String>,
    pub id: Option<String>,
    pub started: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub updated_by: Option<String>,
    pub kind: Option<ActionType>,
    pub region: Option<String>,
    pub configuration: BTreeMap<String, String>,
    pub resolved_configuration: BTreeMap<String, String>,
    pub external_id: Option<String>,
    pub summary: Option<String>,
    pub error: Option<ActionError>,
    pub outputs: BTreeMap<String, String>,
}

impl RawAction {
    pub fn of(self, execution_id: String, status: Option<&str>) -> ActionExecution {
        let mut configuration = self.configuration;
        configuration.extend(self.resolved_configuration);
        ActionExecution {
            execution_id,
            pipeline_version: self.pipeline_version,
            attempt: Attempt {
                stage: self.stage,
                action: self.action,
                id: self.id,
                kind: ActionType::kind(self.kind.as_ref()),
                status: Status::from_api(status),
                started: self.started,
                updated: self.updated,
                answered: None,
                error: self.error.as_ref().and_then(|error| error.code.clone()),
                approver: Approver { history: self.updated_by, state: None },
                comment: self.summary,
            },
            kind: self.kind,
            region: self.region,
            configuration,
            external_id: self.external_id,
            error: self.error,
            outputs: self.outputs,
        }
    }
}

/// A time as CodePipeline means it, to the millisecond: on its way through a floating-point number
/// it gets digits that mean nothing.
pub fn to_millisecond(at: Timestamp) -> Option<Timestamp> {
    const NANOSECONDS: i128 = 1_000_000;
    let milliseconds = (at.as_nanosecond() + NANOSECONDS / 2).div_euclid(NANOSECONDS);
    Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_message_comes_out_of_its_wrapping() {
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
    fn a_time_is_rounded_to_the_millisecond_it_was_meant_to_be() {
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
