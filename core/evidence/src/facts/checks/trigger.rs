//! What started the execution.

use rule::{Initiator, Principal, PrincipalKind};

use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const DETAIL: Fact = Fact {
    id: "trigger-names-the-starter",
    says: "`triggerDetail` names the person who started the execution, by ARN or, for a manual rollback, in \
           JSON; if nobody did, it does not name a principal",
    if_not: "with `excludeInitiator`, nobody counts in an execution with an unknown starter and the gate \
             refuses; a person behind an event is not excluded",
};

pub(super) fn detail(sight: &Sight) -> (Verdict, Seen) {
    let trigger = &sight.execution.trigger;
    let Some(kind) = &trigger.kind else {
        return (Verdict::NotSeen, Seen::words("the execution has no trigger"));
    };
    let seen = Seen::default().code(kind).and(",").and(shape(trigger.detail.as_deref()));
    let is_person = |text: &str| is_principal(text);
    let verdict = match trigger.initiator() {
        Initiator::Principal(arn) if is_person(&arn) => Verdict::Holds,
        Initiator::Automatic(_) if !trigger.detail.as_deref().is_some_and(is_person) => {
            Verdict::Holds
        }
        Initiator::Principal(_) | Initiator::Automatic(_) | Initiator::Unknown => {
            Verdict::DoesNotHold
        }
    };
    (verdict, seen)
}

fn is_principal(text: &str) -> bool {
    !matches!(Principal::parse(text).kind(), PrincipalKind::Unknown | PrincipalKind::Service)
}

/// The form of the detail.
fn shape(detail: Option<&str>) -> &'static str {
    let Some(detail) = detail else {
        return "without a detail";
    };
    match Principal::parse(detail).kind() {
        PrincipalKind::User { .. } => "detail: the ARN of an IAM user",
        PrincipalKind::Session { .. } => "detail: the ARN of a role session with its name",
        PrincipalKind::Role { .. } => "detail: the ARN of a role without a session",
        PrincipalKind::Root => "detail: the ARN of the root user",
        PrincipalKind::FederatedUser => "detail: the ARN of a federated user",
        PrincipalKind::Service => "detail: an AWS service",
        PrincipalKind::Unknown => match serde_json::from_str::<serde_json::Value>(detail) {
            Ok(json) if json.get("AwsUserArn").is_some() => "detail: JSON with AwsUserArn",
            Ok(json) if json.get("FailedPipelineExecutionId").is_some() => {
                "detail: JSON with FailedPipelineExecutionId"
            }
            Ok(json) if json.is_object() => "detail: JSON of another form",
            Ok(_) | Err(_) if detail.starts_with("arn:") && detail.contains(":events:") => {
                "detail: the ARN of an EventBridge rule"
            }
            Ok(_) | Err(_) if detail.starts_with("arn:") => {
                "detail: the ARN of something that is not a principal"
            }
            Ok(_) | Err(_) => "detail: text that is not an ARN",
        },
    }
}
