//! One required action while it is judged: the newest attempt, and what speaks against counting it.

use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, RESERVED_PATH};
use crate::attempts::{Newest, Rejection};
use crate::decision::{AtIs, JudgedApproval, Reason};
use crate::facts::{ActionKind, Attempt, Facts, Status, Testimony};
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::{Key, Keys};
use crate::message::shown;
use crate::principal::{Principal, PrincipalKind};
use crate::reason::ReasonCode;
use crate::rule::{Rule, SharedRoles};
use crate::session_name::is_made_by_software;
use crate::trusted_role::Trust;

/// How far an approval may lie in the future before its time is taken for nonsense: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How much older an approval may be than the time at which CodePipeline noticed it: 16 to 35
/// seconds were recorded.
const NOTICING: SignedDuration = SignedDuration::from_mins(1);

/// A required action while it is judged.
pub(crate) struct Approval<'a> {
    pub(crate) action: String,
    attempt: Option<&'a Attempt>,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Keys,
    pub(crate) basis: Option<Basis>,
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
            basis: None,
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
        let over = self.attempt.filter(|a| matches!(a.status, Status::Succeeded | Status::Failed));
        let answered = over.and_then(|a| a.answered);
        let noticed = over.and_then(|a| a.updated);
        JudgedApproval {
            action: self.action,
            action_execution_id: self.attempt.and_then(|a| a.id.clone()),
            status: self.attempt.map(|a| a.status),
            principal: self.principal.map(|p| p.arn().to_owned()),
            person: self.person.map(|key| key.to_string()),
            basis: self.basis,
            keys: self.keys.all().map(ToString::to_string).collect(),
            at: answered.or(noticed),
            at_is: match (answered, noticed) {
                (Some(_), _) => Some(AtIs::Answered),
                (None, Some(_)) => Some(AtIs::Noticed),
                (None, None) => None,
            },
            noticed_at: noticed,
            comment: self.attempt.and_then(|a| a.comment.clone()),
            counted: self.objection.is_none(),
            reason: self.objection.map(|reason| reason.code),
        }
    }
}

pub(crate) fn judge<'a>(
    rule: &Rule,
    facts: &Facts,
    rejection: Rejection,
    action: &str,
    newest: Newest<'a>,
) -> Result<Approval<'a>, AmbiguousPerson> {
    use ReasonCode as Code;

    let attempt = match newest {
        Newest::Is(attempt) => attempt,
        Newest::None => {
            return Ok(Approval::new(action, None).objected(
                Code::MissingApproval,
                format!("{action} has not run in this execution"),
            ));
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
        approval.keys = rule.keys(principal, &facts.account)?;
        approval.basis =
            rule.basis(principal, &facts.account).filter(|_| approval.keys.is_attributable());
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
        Status::Failed if attempt.failed_unanswered() => {
            let error = shown(attempt.error.as_deref().unwrap_or_default());
            let words = attempt
                .comment
                .as_deref()
                .map(|text| format!(": {}", shown(text)))
                .unwrap_or_default();
            return Ok(approval.objected(
                Code::MissingApproval,
                format!("{action} failed before anybody could answer it ({error}{words})"),
            ));
        }
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
        let message = format!("{action}: {}", nobody(&principal, &facts.account));
        return Ok(approval.objected(Code::Unattributable, message));
    }
    if rejection.supersedes(attempt.started) {
        return Ok(approval.objected(
            Code::SupersededByRejection,
            format!(
                "the approval of {action} was not opened after the newest rejection in this execution{}",
                rejection.when()
            ),
        ));
    }
    if let Some(minutes) = rule.max_age_minutes()
        && !is_fresh(facts.now, attempt, minutes)
    {
        return Ok(approval.objected(
            Code::TooOld,
            format!("the approval of {action} is not from the last {minutes} minutes"),
        ));
    }
    if approval.basis == Some(Basis::SharedRole) && rule.shared_roles() == SharedRoles::Reject {
        let message =
            format!("{action}: {}", shared_role(rule, &principal, &approval.keys, &facts.account));
        return Ok(approval.objected(Code::SharedRole, message));
    }
    if rule.only_people() && approval.keys.proven_person().is_none() {
        return Ok(approval.objected(
            Code::NotOnRoster,
            format!(
                "{action}: {} is not in `people`, and `onlyPeople` lets nobody else count",
                shown(principal.arn())
            ),
        ));
    }
    if !rule.is_on_roster(action, &approval.keys) {
        return Ok(approval.objected(
            Code::NotOnRoster,
            format!("{} is not on the roster of {action}", shown(principal.arn())),
        ));
    }
    Ok(approval)
}

/// INVARIANT (fail closed): an approval whose true time is not known is taken to be as old as it
/// can be, and as far in the future.
fn is_fresh(now: Timestamp, attempt: &Attempt, max_age_minutes: u32) -> bool {
    let (earliest, latest) = match (attempt.answered, attempt.updated) {
        (Some(answered), _) => (Some(answered), Some(answered)),
        (None, noticed) => (noticed.and_then(|at| at.checked_sub(NOTICING).ok()), noticed),
    };
    let max_age = SignedDuration::from_mins(i64::from(max_age_minutes));
    earliest.is_some_and(|at| now.duration_since(at) <= max_age)
        && latest.is_some_and(|at| now.duration_since(at) >= -CLOCK_SKEW)
}

/// Why a principal without proven keys is nobody.
pub(crate) fn nobody(principal: &Principal, account: &Account) -> String {
    let arn = shown(principal.arn());
    if let Some(other) = principal.account().filter(|id| *id != account.id()) {
        return format!(
            "{arn} is of account {other}, and this pipeline is of account {}: what another account calls its principals proves nothing here",
            account.id()
        );
    }
    match principal.kind() {
        PrincipalKind::Root => format!("{arn} is the account's root user, which could be anybody"),
        PrincipalKind::FederatedUser => {
            format!("{arn} is a federated user, whose name its caller chose")
        }
        PrincipalKind::Service => format!("{arn} is an AWS service"),
        PrincipalKind::Role { .. } => {
            format!(
                "{arn} lacks the session name by which people of this trusted role are told apart"
            )
        }
        PrincipalKind::Session { session, .. } if is_made_by_software(session) => {
            format!(
                "{arn} has a session name that software makes up, which does not say who is behind it"
            )
        }
        PrincipalKind::User { .. } | PrincipalKind::Session { .. } | PrincipalKind::Unknown => {
            format!("`{arn}` is not the ARN of a user or role session")
        }
    }
}

/// Why a principal of an untrusted role does not count, and what to write into the rule if the role
/// deserves trust.
fn shared_role(rule: &Rule, principal: &Principal, keys: &Keys, account: &Account) -> String {
    let arn = shown(principal.arn());
    let named = keys.claimed().iter().find_map(|key| match key {
        Key::Person(name) => Some(name),
        Key::Handle(_) | Key::Traced(_) | Key::User { .. } | Key::Role { .. } => None,
    });
    let but = named.map(|name| {
        format!("; `people` names this session as {name}, but the rule does not trust its role")
    });
    format!(
        "{arn} came through a role that several people may share, and `sharedRoles` is `reject`{}{}",
        but.unwrap_or_default(),
        how_to_trust(rule, principal, account).map_or_else(String::new, |how| format!("; {how}"))
    )
}

/// What makes the sessions of a role count as different people.
pub(crate) fn how_to_trust(
    rule: &Rule,
    principal: &Principal,
    account: &Account,
) -> Option<String> {
    let PrincipalKind::Session { role, .. } = principal.kind() else {
        return None;
    };
    Some(match rule.trust(role, account) {
        Trust::Believed => return None,
        Trust::Unproven => format!(
            "a glob of `trustedSessionRoles` matches {role}, but IAM has not shown that role under {RESERVED_PATH}: if IAM Identity Center \
             made it, allow the gate iam:GetRole on that path, or add `{role}` to `trustedSessionRoles` in the function's rule"
        ),
        Trust::Untrusted => format!(
            "if your identity provider, and not the caller, sets the session names of {role}, add `{role}` to `trustedSessionRoles` in the \
             function's rule"
        ),
    })
}
