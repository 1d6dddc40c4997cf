//! One required action while it is judged: the newest attempt, and what speaks against counting it.

use jiff::{SignedDuration, Timestamp};

use crate::attempts::{Newest, Rejection};
use crate::decision::{JudgedApproval, Reason};
use crate::facts::{ActionKind, Attempt, Status, Testimony};
use crate::identity::AmbiguousPerson;
use crate::key::{Key, Keys};
use crate::message::shown;
use crate::principal::{Principal, PrincipalKind};
use crate::reason::ReasonCode;
use crate::rule::{Rule, SharedRoles};

/// How far an approval may lie in the future before its time is taken for nonsense: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A required action while it is judged.
pub(crate) struct Approval<'a> {
    pub(crate) action: String,
    attempt: Option<&'a Attempt>,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Keys,
    pub(crate) person: Option<Key>,
    pub(crate) objection: Option<Reason>,
}

impl<'a> Approval<'a> {
    fn new(action: &str, attempt: Option<&'a Attempt>) -> Self {
        Self {
            action: action.to_owned(),
            attempt,
            principal: None,
            keys: Keys::default(),
            person: None,
            objection: None,
        }
    }

    pub(crate) fn incomplete(attempt: &'a Attempt) -> Self {
        Self::new(attempt.action.as_deref().unwrap_or("?"), Some(attempt)).objected(
            ReasonCode::Unattributable,
            "an attempt in the history does not say its stage and action, so it could be the newest of any".to_owned(),
        )
    }

    fn objected(mut self, code: ReasonCode, message: String) -> Self {
        self.objection = Some(Reason { code, message });
        self
    }

    pub(crate) fn record(self) -> JudgedApproval {
        JudgedApproval {
            action: self.action,
            action_execution_id: self.attempt.and_then(|a| a.id.clone()),
            status: self.attempt.map(|a| a.status),
            principal: self.principal.map(|p| p.arn().to_owned()),
            person: self.person.map(|key| key.to_string()),
            keys: self.keys.all().map(ToString::to_string).collect(),
            at: self.attempt.and_then(|a| a.updated),
            comment: self.attempt.and_then(|a| a.comment.clone()),
            counted: self.objection.is_none(),
            reason: self.objection.map(|reason| reason.code),
        }
    }
}

pub(crate) fn judge<'a>(
    rule: &Rule,
    now: Timestamp,
    rejection: Rejection,
    action: &str,
    newest: Newest<'a>,
) -> Result<Approval<'a>, AmbiguousPerson> {
    use ReasonCode as Code;

    let attempt = match newest {
        Newest::Is(attempt) => attempt,
        Newest::None => {
            return Ok(Approval::new(action, None)
                .objected(Code::MissingApproval, format!("{action} has not run in this execution")));
        }
        Newest::Unclear => {
            return Ok(Approval::new(action, None).objected(
                Code::MissingApproval,
                format!("the history does not tell which attempt of {action} is the newest"),
            ));
        }
    };
    let mut approval = Approval::new(action, Some(attempt));
    let testimony = attempt.approver.testimony();
    if let Testimony::Agreed(principal) = &testimony {
        approval.keys = rule.keys(principal)?;
        approval.principal = Some(principal.clone());
    }

    match attempt.kind {
        ActionKind::ManualApproval => {}
        ActionKind::Other | ActionKind::Unknown => {
            return Ok(approval.objected(
                Code::NotAManualApproval,
                format!("{action} is not of type Approval/AWS/Manual"),
            ));
        }
    }
    match attempt.status {
        Status::Succeeded => {}
        Status::Failed => {
            let by = match &approval.principal {
                Some(principal) => format!("was rejected by {}", shown(principal.arn())),
                None => "was rejected or timed out".to_owned(),
            };
            return Ok(approval.objected(Code::Rejected, format!("{action} {by}")));
        }
        Status::InProgress | Status::Abandoned | Status::Unknown => {
            return Ok(approval.objected(
                Code::MissingApproval,
                format!("the newest attempt of {action} is not approved"),
            ));
        }
    }
    let principal = match testimony {
        Testimony::Agreed(principal) => principal,
        Testimony::Contradictory(history, state) => {
            return Ok(approval.objected(
                Code::PrincipalMismatch,
                format!(
                    "the history says that {} approved {action}, the pipeline's state says {}",
                    shown(history.arn()),
                    shown(state.arn())
                ),
            ));
        }
        Testimony::Missing => {
            return Ok(approval.objected(
                Code::Unattributable,
                format!("CodePipeline does not say who approved {action}"),
            ));
        }
    };
    if rule.is_machine(&principal) {
        return Ok(approval.objected(
            Code::NotAPerson,
            format!("{action}: {} is a machine by `notPeople`", shown(principal.arn())),
        ));
    }
    if !approval.keys.is_attributable() {
        let message = format!("{action}: {}", nobody(&principal));
        return Ok(approval.objected(Code::Unattributable, message));
    }
    if rejection.supersedes(attempt.updated) {
        return Ok(approval.objected(
            Code::SupersededByRejection,
            format!("the approval of {action} is not newer than the newest rejection in this execution"),
        ));
    }
    if let Some(minutes) = rule.max_age_minutes()
        && !is_fresh(now, attempt.updated, minutes)
    {
        return Ok(approval.objected(
            Code::TooOld,
            format!("the approval of {action} is not from the last {minutes} minutes"),
        ));
    }
    if rule.shared_roles() == SharedRoles::Reject && rule.is_shared_role(&principal) {
        let message = format!(
            "{action}: {} came through a role that several people may share, and `sharedRoles` is `reject`{}",
            shown(principal.arn()),
            how_to_trust(&principal).map_or_else(String::new, |how| format!("; {how}"))
        );
        return Ok(approval.objected(Code::SharedRole, message));
    }
    if !rule.is_on_roster(action, &approval.keys) {
        return Ok(approval.objected(
            Code::NotOnRoster,
            format!("{} is not on the roster of {action}", shown(principal.arn())),
        ));
    }
    Ok(approval)
}

fn is_fresh(now: Timestamp, approved: Option<Timestamp>, max_age_minutes: u32) -> bool {
    approved.is_some_and(|approved| {
        let age = now.duration_since(approved);
        age <= SignedDuration::from_mins(i64::from(max_age_minutes)) && age >= -CLOCK_SKEW
    })
}

/// Why a principal without proven keys is nobody.
pub(crate) fn nobody(principal: &Principal) -> String {
    let arn = shown(principal.arn());
    match principal.kind() {
        PrincipalKind::Root => format!("{arn} is the account's root user, which could be anybody"),
        PrincipalKind::FederatedUser => {
            format!("{arn} is a federated user, whose name its caller chose")
        }
        PrincipalKind::Service => format!("{arn} is an AWS service"),
        PrincipalKind::Role { .. } => {
            format!("{arn} lacks the session name by which people of this trusted role are told apart")
        }
        PrincipalKind::User { .. } | PrincipalKind::Session { .. } | PrincipalKind::Unknown => {
            format!("`{arn}` is not the ARN of a user or role session")
        }
    }
}

/// What makes the sessions of a role count as different people.
pub(crate) fn how_to_trust(principal: &Principal) -> Option<String> {
    let PrincipalKind::Session { role, .. } = principal.kind() else {
        return None;
    };
    let glob = if role.starts_with("AWSReservedSSO_") {
        "AWSReservedSSO_*"
    } else {
        role
    };
    Some(format!(
        "if your identity provider, and not the caller, sets the session names of {role}, add `{glob}` to `trustedSessionRoles` in the function's rule"
    ))
}
