//! What is known about one pipeline execution: facts, gathered by the caller and judged here.
//!
//! Whatever AWS may leave out is an `Option` or has an `Unknown`. Leaving something out never makes
//! a verdict more favourable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::principal::Principal;

/// Everything a decision rests on, besides the rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The pipeline's account.
    pub account: Account,
    /// Which execution is judged.
    pub execution: Execution,
    /// The stage in which the gate itself stands: where the approvals are, unless the rule says
    /// otherwise.
    pub gate_stage: String,
    /// The gate's CodePipeline job; none when the past is judged.
    pub job_id: Option<String>,
    /// Every action attempt of this execution, and of no other, in any order: all pages of
    /// ListActionExecutions.
    pub attempts: Vec<Attempt>,
    /// Who or what started the execution.
    pub initiator: Initiator,
    /// When this is judged.
    pub now: Timestamp,
}

/// One run of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of the pipeline's structure that the execution runs on.
    pub pipeline_version: Option<i32>,
    /// The pipeline execution id.
    pub id: String,
}

/// One attempt of one action, as ListActionExecutions shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// The stage of the action.
    pub stage: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// `actionExecutionId`: what tells one attempt from another.
    pub id: Option<String>,
    /// What the action does.
    pub kind: ActionKind,
    /// How the attempt stands.
    pub status: Status,
    /// When the attempt began.
    pub started: Option<Timestamp>,
    /// When it last changed. For a finished approval this is when CodePipeline noticed the answer:
    /// 16 to 35 seconds after it was given, and not in the order in which answers were given
    /// (recorded of the real service, September 2026).
    pub updated: Option<Timestamp>,
    /// When an approval was answered, to the millisecond, if GetPipelineState (`lastStatusChange`)
    /// or CloudTrail told.
    #[serde(default)]
    pub answered: Option<Timestamp>,
    /// The error code with which it failed (`errorDetails.code`). A rejection has none.
    #[serde(default)]
    pub error: Option<String>,
    /// Who answered it.
    pub approver: Approver,
    /// What the approver wrote.
    pub comment: Option<String>,
}

/// What an action does, as far as the rule cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionKind {
    /// Approval/AWS/Manual.
    ManualApproval,
    /// Surely something else.
    Other,
    /// AWS did not say, or said what nobody knows: it might be an approval.
    Unknown,
}

impl ActionKind {
    /// Reads `actionTypeId` (categories and owners: CodePipeline API model, `ActionCategory` and
    /// `ActionOwner`).
    #[must_use]
    pub fn of(category: Option<&str>, owner: Option<&str>, provider: Option<&str>) -> Self {
        match (category, owner, provider) {
            (Some("Approval"), Some("AWS"), Some("Manual")) => Self::ManualApproval,
            (Some("Approval"), Some("ThirdParty" | "Custom"), Some(_))
            | (Some("Source" | "Build" | "Deploy" | "Test" | "Invoke" | "Compute"), _, _) => {
                Self::Other
            }
            _ => Self::Unknown,
        }
    }

    /// INVARIANT (fail closed): what might be a manual approval is treated like one.
    #[must_use]
    pub fn may_be_approval(self) -> bool {
        match self {
            Self::ManualApproval | Self::Unknown => true,
            Self::Other => false,
        }
    }
}

impl Attempt {
    /// Whether it failed although nobody answered it: CodePipeline could not ask, and says so by an
    /// error code. A time-out has no error code and counts as a rejection by nobody.
    #[must_use]
    pub fn failed_unanswered(&self) -> bool {
        self.status == Status::Failed
            && self.error.is_some()
            && self.approver == Approver::default()
    }
}

/// How an attempt stands: `ActionExecutionStatus`, spelt as AWS spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Not finished.
    InProgress,
    /// Given up when the execution was stopped or superseded.
    Abandoned,
    /// Approved.
    Succeeded,
    /// Rejected, or timed out.
    Failed,
    /// AWS did not say, or said what nobody knows: it might be a rejection.
    Unknown,
}

impl Status {
    /// Reads `status`.
    #[must_use]
    pub fn of(status: Option<&str>) -> Self {
        match status {
            Some("InProgress") => Self::InProgress,
            Some("Abandoned") => Self::Abandoned,
            Some("Succeeded") => Self::Succeeded,
            Some("Failed") => Self::Failed,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// Who answered an approval, by two witnesses that must not contradict each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approver {
    /// `updatedBy` of ListActionExecutions.
    pub history: Option<String>,
    /// `lastUpdatedBy` of GetPipelineState, for the same `actionExecutionId`.
    pub state: Option<String>,
}

/// What the two witnesses say together.
pub(crate) enum Testimony {
    Agreed(Principal),
    Contradictory(Principal, Principal),
    Missing,
}

impl Approver {
    pub(crate) fn testimony(&self) -> Testimony {
        let read = |arn: &Option<String>| arn.as_deref().map(Principal::parse);
        match (read(&self.history), read(&self.state)) {
            (Some(history), Some(state)) if !history.is(&state) => {
                Testimony::Contradictory(history, state)
            }
            (Some(principal), _) | (None, Some(principal)) => Testimony::Agreed(principal),
            (None, None) => Testimony::Missing,
        }
    }
}

/// Who or what started an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Initiator {
    /// A principal, by hand.
    Principal(String),
    /// A source change or a timer, named by its trigger type: no person.
    Automatic(String),
    /// Not told.
    Unknown,
}

impl Initiator {
    /// Reads `GetPipelineExecution.trigger` (`TriggerType` of the API model). `triggerDetail` is
    /// the starter's ARN for an execution that somebody started, and for one that somebody rolled
    /// back to it is JSON text, `{"AwsUserArn": "arn:…"}` (recorded of the real service).
    #[must_use]
    pub fn of(trigger_type: Option<&str>, trigger_detail: Option<&str>) -> Self {
        let Some(trigger) = trigger_type else {
            return Self::Unknown;
        };
        let principal = |arn: String| Self::Principal(arn);
        match trigger {
            "Webhook"
            | "WebhookV2"
            | "CloudWatchEvent"
            | "PollForSourceChanges"
            | "AutomatedRollback" => Self::Automatic(trigger.to_owned()),
            "StartPipelineExecution" | "CreatePipeline" | "PutActionRevision" => {
                trigger_detail.map(str::to_owned).map_or(Self::Unknown, principal)
            }
            "ManualRollback" => {
                trigger_detail.and_then(rolled_back_by).map_or(Self::Unknown, principal)
            }
            _ => Self::Unknown,
        }
    }
}

fn rolled_back_by(detail: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Detail {
        #[serde(rename = "AwsUserArn")]
        starter: String,
    }
    serde_json::from_str::<Detail>(detail).ok().map(|detail| detail.starter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_in_the_spelling_of_the_api() {
        for (text, status) in [
            ("InProgress", Status::InProgress),
            ("Abandoned", Status::Abandoned),
            ("Succeeded", Status::Succeeded),
            ("Failed", Status::Failed),
            ("succeeded", Status::Unknown),
            ("Skipped", Status::Unknown),
            ("", Status::Unknown),
        ] {
            assert_eq!(Status::of(Some(text)), status, "{text}");
        }
        assert_eq!(Status::of(None), Status::Unknown);
    }

    #[test]
    fn what_might_be_an_approval_is_not_taken_for_anything_else() {
        let kind =
            |category, owner, provider| ActionKind::of(Some(category), Some(owner), Some(provider));
        assert_eq!(kind("Approval", "AWS", "Manual"), ActionKind::ManualApproval);
        for (category, owner, provider) in [
            ("Approval", "AWS", "manual"),
            ("Approval", "Aws", "Manual"),
            ("approval", "AWS", "Manual"),
            ("", "AWS", "Manual"),
        ] {
            assert_eq!(
                kind(category, owner, provider),
                ActionKind::Unknown,
                "{category}/{owner}/{provider}"
            );
        }
        for category in ["Source", "Build", "Deploy", "Test", "Invoke", "Compute"] {
            assert_eq!(ActionKind::of(Some(category), None, None), ActionKind::Other);
        }
        assert_eq!(kind("Approval", "Custom", "Jira"), ActionKind::Other);
        assert_eq!(ActionKind::of(None, None, None), ActionKind::Unknown);
    }

    #[test]
    fn who_started_an_execution_is_a_principal_a_machine_or_not_known() {
        let by_hand = Initiator::Principal("arn".to_owned());
        for trigger in ["StartPipelineExecution", "CreatePipeline", "PutActionRevision"] {
            assert_eq!(Initiator::of(Some(trigger), Some("arn")), by_hand, "{trigger}");
            assert_eq!(Initiator::of(Some(trigger), None), Initiator::Unknown, "{trigger}");
        }
        let rollback = |detail| Initiator::of(Some("ManualRollback"), Some(detail));
        assert_eq!(rollback(r#"{"AwsUserArn":"arn"}"#), by_hand);
        for detail in ["arn", "", "{}", r#"{"AwsUserArn":7}"#] {
            assert_eq!(rollback(detail), Initiator::Unknown, "{detail}");
        }
        for trigger in
            ["Webhook", "WebhookV2", "CloudWatchEvent", "PollForSourceChanges", "AutomatedRollback"]
        {
            assert_eq!(
                Initiator::of(Some(trigger), Some("arn")),
                Initiator::Automatic(trigger.to_owned())
            );
        }
        assert_eq!(Initiator::of(Some("NewTrigger"), Some("arn")), Initiator::Unknown);
        assert_eq!(Initiator::of(None, Some("arn")), Initiator::Unknown);
    }
}
