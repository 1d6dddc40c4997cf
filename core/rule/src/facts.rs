//! What is known about one pipeline execution: facts that the caller gathers, to be judged here.
//!
//! Everything that AWS may leave out is an `Option` or has an `Unknown`. A missing fact never makes
//! a verdict more favourable.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::principal::Principal;

/// Everything that a decision rests on, apart from the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The pipeline's account.
    pub account: Account,
    /// The execution to judge.
    pub execution: Execution,
    /// The gate's own stage. The approvals are here unless the rule names a different stage.
    pub gate_stage: String,
    /// The gate's CodePipeline job. `None` if a past execution is judged.
    pub job_id: Option<String>,
    /// Every action attempt of this execution and no other, in any order: all pages of
    /// ListActionExecutions.
    pub attempts: Vec<Attempt>,
    /// The principal or trigger that started the execution.
    pub initiator: Initiator,
    /// The time of the decision.
    pub now: Timestamp,
}

/// One run of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of the pipeline's structure that the execution runs on.
    pub pipeline_version: Option<i32>,
    /// `pipelineExecutionId`.
    pub id: String,
}

/// One attempt of one action, as ListActionExecutions shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// The stage of the action.
    pub stage: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// `actionExecutionId`, which identifies the attempt.
    pub id: Option<String>,
    /// What the action does.
    pub kind: ActionKind,
    /// The status of the attempt.
    pub status: Status,
    /// When the attempt began.
    pub started: Option<Timestamp>,
    /// When it last changed. For a finished approval this is when CodePipeline noticed the answer:
    /// 16 to 35 seconds after it was given. Two answers can be noticed in reverse order (recorded
    /// from the real service, September 2026).
    pub updated: Option<Timestamp>,
    /// When an approval was answered, to the millisecond. Known if GetPipelineState
    /// (`lastStatusChange`) or CloudTrail shows it.
    #[serde(default)]
    pub answered: Option<Timestamp>,
    /// The error code of a failure (`errorDetails.code`). A rejection has none.
    #[serde(default)]
    pub error: Option<String>,
    /// The principal that answered it.
    pub approver: Approver,
    /// What the approver wrote.
    pub comment: Option<String>,
    /// What a Source action delivered (`externalExecutionId`): a commit, an object's version, an
    /// image's digest. `None` for other actions, and until it has succeeded.
    #[serde(default)]
    pub revision: Option<String>,
    /// The region that the action ran in.
    #[serde(default)]
    pub region: Option<String>,
    /// The Lambda function that the action invoked, if it is of type Invoke/AWS/Lambda.
    #[serde(default)]
    pub invoked: Option<Invoked>,
}

/// The run of a Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invoked {
    /// `FunctionName` of the action.
    pub function: Option<String>,
    /// `roleArn` of the action: the role that performs it, if it is not the pipeline's. A role of
    /// another account invokes a function of that account.
    #[serde(default)]
    pub role: Option<String>,
    /// `outputVariables`: what the function reported.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// What an action does. The rule only cares about manual approvals, and about what is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActionKind {
    /// Approval/AWS/Manual.
    ManualApproval,
    /// It delivers a revision.
    Source,
    /// Certainly something else.
    Other,
    /// AWS did not say, or used a word that is new to us. It might be an approval.
    Unknown,
}

impl ActionKind {
    /// Reads `actionTypeId` (categories and owners: CodePipeline API model, `ActionCategory` and
    /// `ActionOwner`).
    #[must_use]
    pub fn from_type_id(
        category: Option<&str>,
        owner: Option<&str>,
        provider: Option<&str>,
    ) -> Self {
        match (category, owner, provider) {
            (Some("Approval"), Some("AWS"), Some("Manual")) => Self::ManualApproval,
            (Some("Source"), _, _) => Self::Source,
            (Some("Approval"), Some("ThirdParty" | "Custom"), Some(_))
            | (Some("Build" | "Deploy" | "Test" | "Invoke" | "Compute"), _, _) => Self::Other,
            _ => Self::Unknown,
        }
    }

    /// Whether `actionTypeId` is that of an action that invokes a Lambda function.
    #[must_use]
    pub fn invokes_lambda(
        category: Option<&str>,
        owner: Option<&str>,
        provider: Option<&str>,
    ) -> bool {
        (category, owner, provider) == (Some("Invoke"), Some("AWS"), Some("Lambda"))
    }

    /// INVARIANT (fail closed): what might be a manual approval is treated as one.
    #[must_use]
    pub fn may_be_approval(self) -> bool {
        match self {
            Self::ManualApproval | Self::Unknown => true,
            Self::Source | Self::Other => false,
        }
    }
}

impl Attempt {
    /// Whether it failed although nobody answered it. CodePipeline could not ask for an answer, and
    /// gives an error code. A time-out has no error code and counts as a rejection by nobody.
    #[must_use]
    pub fn failed_unanswered(&self) -> bool {
        self.status == Status::Failed
            && self.error.is_some()
            && self.approver == Approver::default()
    }
}

/// The status of an attempt: `ActionExecutionStatus`, spelt as AWS spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// Not finished.
    InProgress,
    /// Ended without an answer because the execution was stopped or superseded.
    Abandoned,
    /// Approved.
    Succeeded,
    /// Rejected, or timed out.
    Failed,
    /// AWS did not say, or used a word that is new to us. It might be a rejection.
    Unknown,
}

impl Status {
    /// Reads `status`.
    #[must_use]
    pub fn from_api(status: Option<&str>) -> Self {
        match status {
            Some("InProgress") => Self::InProgress,
            Some("Abandoned") => Self::Abandoned,
            Some("Succeeded") => Self::Succeeded,
            Some("Failed") => Self::Failed,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// The principal that answered an approval, according to two sources that must not contradict each
/// other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approver {
    /// `updatedBy` of ListActionExecutions.
    pub history: Option<String>,
    /// `lastUpdatedBy` of GetPipelineState, for the same `actionExecutionId`.
    pub state: Option<String>,
}

/// What the two sources say together.
pub(crate) enum Testimony {
    Agreed(Principal),
    Contradictory { history: Principal, state: Principal },
    Missing,
}

impl Approver {
    pub(crate) fn testimony(&self) -> Testimony {
        let read = |arn: &Option<String>| arn.as_deref().map(Principal::parse);
        match (read(&self.history), read(&self.state)) {
            (Some(history), Some(state)) if !history.is(&state) => {
                Testimony::Contradictory { history, state }
            }
            (Some(principal), _) | (None, Some(principal)) => Testimony::Agreed(principal),
            (None, None) => Testimony::Missing,
        }
    }
}

/// The principal or trigger that started an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Initiator {
    /// A principal that started it by hand.
    Principal(String),
    /// A source change or a timer, by its trigger type. Not a person.
    Automatic(String),
    /// AWS did not say.
    Unknown,
}

impl Initiator {
    /// Reads `trigger` of GetPipelineExecution (`TriggerType` of the API model). If somebody
    /// started the execution, `triggerDetail` is the starter's ARN. If somebody rolled back to it,
    /// it is JSON, `{"AwsUserArn": "arn:…"}` (recorded from the real service).
    #[must_use]
    pub fn from_trigger(trigger_type: Option<&str>, trigger_detail: Option<&str>) -> Self {
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
            assert_eq!(Status::from_api(Some(text)), status, "{text}");
        }
        assert_eq!(Status::from_api(None), Status::Unknown);
    }

    #[test]
    fn what_might_be_an_approval_is_not_treated_as_anything_else() {
        let kind = |category, owner, provider| {
            ActionKind::from_type_id(Some(category), Some(owner), Some(provider))
        };
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
        assert_eq!(kind("Source", "AWS", "S3"), ActionKind::Source);
        for category in ["Build", "Deploy", "Test", "Invoke", "Compute"] {
            assert_eq!(ActionKind::from_type_id(Some(category), None, None), ActionKind::Other);
        }
        assert_eq!(kind("Approval", "Custom", "Jira"), ActionKind::Other);
        assert_eq!(kind("Approval", "ThirdParty", "Jira"), ActionKind::Other);
        assert_eq!(ActionKind::from_type_id(None, None, None), ActionKind::Unknown);
    }

    #[test]
    fn only_the_action_of_lambda_invokes_a_function() {
        let invokes = |category, owner, provider| {
            ActionKind::invokes_lambda(Some(category), Some(owner), Some(provider))
        };
        assert!(invokes("Invoke", "AWS", "Lambda"));
        for (category, owner, provider) in [
            ("Invoke", "AWS", "StepFunctions"),
            ("Invoke", "Custom", "Lambda"),
            ("Deploy", "AWS", "Lambda"),
            ("Approval", "AWS", "Manual"),
        ] {
            assert!(!invokes(category, owner, provider), "{category}/{owner}/{provider}");
        }
        assert!(!ActionKind::invokes_lambda(Some("Invoke"), Some("AWS"), None));
    }

    #[test]
    fn an_initiator_is_a_principal_a_machine_or_not_known() {
        let by_hand = Initiator::Principal("arn".to_owned());
        for trigger in ["StartPipelineExecution", "CreatePipeline", "PutActionRevision"] {
            assert_eq!(Initiator::from_trigger(Some(trigger), Some("arn")), by_hand, "{trigger}");
            assert_eq!(
                Initiator::from_trigger(Some(trigger), None),
                Initiator::Unknown,
                "{trigger}"
            );
        }
        let rollback = |detail| Initiator::from_trigger(Some("ManualRollback"), Some(detail));
        assert_eq!(rollback(r#"{"AwsUserArn":"arn"}"#), by_hand);
        for detail in ["arn", "", "{}", r#"{"AwsUserArn":7}"#] {
            assert_eq!(rollback(detail), Initiator::Unknown, "{detail}");
        }
        for trigger in
            ["Webhook", "WebhookV2", "CloudWatchEvent", "PollForSourceChanges", "AutomatedRollback"]
        {
            assert_eq!(
                Initiator::from_trigger(Some(trigger), Some("arn")),
                Initiator::Automatic(trigger.to_owned())
            );
        }
        assert_eq!(Initiator::from_trigger(Some("NewTrigger"), Some("arn")), Initiator::Unknown);
        assert_eq!(Initiator::from_trigger(None, Some("arn")), Initiator::Unknown);
    }
}
