//! Judges one required action: is there an approval that counts?

use jiff::{SignedDuration, Timestamp};

use crate::attempts::{Newest, Rejection};
use crate::decision::{AtIs, JudgedApproval, Reason};
use crate::facts::{ActionKind, Attempt, Facts, Status, Testimony};
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::{Key, Keys};
use crate::message;
use crate::principal::Principal;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::signature_record::SignatureRecord;
use crate::signed::{Released, Signed, Signer};
use crate::standing::Answerer;

/// How far in the future an approval may be before its time counts as nonsense: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How long CodePipeline may take to notice an answer. 16 to 35 seconds were recorded.
const NOTICING: SignedDuration = SignedDuration::from_mins(1);

/// A required action while it is judged.
pub(crate) struct Approval<'a> {
    pub(crate) action: String,
    attempt: Option<&'a Attempt>,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Keys,
    pub(crate) basis: Option<Basis>,
    pub(crate) person: Option<Key>,
    signature: Option<SignatureRecord>,
    /// The name of its approver among the authors of what is released.
    pub(crate) author: Option<String>,
    /// Why it does not count: the first check that failed. Approvals of the initiator get their
    /// objection later, when persons are counted.
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
            signature: None,
            author: None,
            objection: None,
        }
    }

    /// An action without an attempt to judge.
    fn missing(action: &str, message: String) -> Self {
        let objection = Some(Reason { code: ReasonCode::MissingApproval, message });
        Self { objection, ..Self::new(action, None) }
    }

    /// An attempt that does not say which action it belongs to.
    pub(crate) fn incomplete(attempt: &'a Attempt) -> Self {
        let action = attempt.action.as_deref().unwrap_or("?");
        let message = message::incomplete_attempt();
        let objection = Some(Reason { code: ReasonCode::Unattributable, message });
        Self { objection, ..Self::new(action, Some(attempt)) }
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
            opened_at: self.attempt.and_then(|a| a.started),
            at: answered.or(noticed),
            at_is: match (answered, noticed) {
                (Some(_), _) => Some(AtIs::Answered),
                (None, Some(_)) => Some(AtIs::Noticed),
                (None, None) => None,
            },
            noticed_at: noticed,
            comment: self.attempt.and_then(|a| a.comment.clone()),
            signature: self.signature,
            author: self.author,
            counted: self.objection.is_none(),
            reason: self.objection.map(|reason| reason.code),
        }
    }
}

/// Judges the newest attempt of a required action.
///
/// # Errors
/// [`AmbiguousPerson`] if the rule gives the approver to two people.
pub(crate) fn judge<'a>(
    rule: &Rule,
    facts: &Facts,
    released: &Released<'_>,
    rejection: Rejection,
    action: &str,
    newest: Newest<'a>,
) -> Result<Approval<'a>, AmbiguousPerson> {
    let attempt = match newest {
        Newest::Is(attempt) => attempt,
        Newest::None => return Ok(Approval::missing(action, message::has_not_run(action))),
        Newest::Unclear => {
            return Ok(Approval::missing(action, message::newest_is_unclear(action)));
        }
    };
    let mut approval = Approval::new(action, Some(attempt));
    let testimony = attempt.approver.testimony();
    let mut bad_signature = None;
    if let Testimony::Agreed(principal) = &testimony {
        match signed_keys(rule, facts, principal, rule.signed(released, action, attempt))? {
            Ok((keys, signer)) => {
                approval.keys = keys;
                approval.signature = signer.map(SignatureRecord::from);
            }
            Err(why) => {
                approval.keys = rule.keys(principal, &facts.account)?;
                bad_signature = Some(why);
            }
        }
        let basis = match approval.signature {
            Some(_) => Some(Basis::Signature),
            None => rule.basis(principal, &facts.account),
        };
        approval.basis = basis.filter(|_| approval.keys.is_attributable());
        approval.principal = Some(principal.clone());
    }
    let checks =
        Checks { rule, facts, rejection, action, attempt, approval: &approval, bad_signature };
    approval.objection = checks.run(&testimony).err();
    Ok(approval)
}

/// The keys of an answer, and the signer if there is one. Returns why the signature proves nothing
/// as the inner error.
fn signed_keys(
    rule: &Rule,
    facts: &Facts,
    principal: &Principal,
    signed: Signed,
) -> Result<Result<(Keys, Option<Signer>), String>, AmbiguousPerson> {
    let signer = match signed {
        Signed::No => return Ok(Ok((rule.keys(principal, &facts.account)?, None))),
        Signed::Bad(why) => return Ok(Err(why)),
        Signed::By(signer) => signer,
    };
    Ok(match rule.signed_keys(&signer.person, principal, &facts.account)? {
        Ok(keys) => Ok((keys, Some(signer))),
        Err(other) => Err(message::signed_by_another(&signer.person, principal, &other)),
    })
}

/// The checks that an approval must pass to count. Each gives its objection as the error.
struct Checks<'a> {
    rule: &'a Rule,
    facts: &'a Facts,
    rejection: Rejection,
    action: &'a str,
    attempt: &'a Attempt,
    approval: &'a Approval<'a>,
    /// Why the signature in the comment proves nothing, if it carries such a signature.
    bad_signature: Option<String>,
}

fn object(code: ReasonCode, message: String) -> Result<(), Reason> {
    Err(Reason { code, message })
}

impl Checks<'_> {
    /// Runs the checks. Only the first objection is reported, so the order decides what people
    /// read.
    fn run(&self, testimony: &Testimony) -> Result<(), Reason> {
        self.is_a_manual_approval()?;
        self.is_approved()?;
        let principal = self.principal(testimony)?;
        self.has_no_bad_signature()?;
        let by = Answerer {
            rule: self.rule,
            account: &self.facts.account,
            action: self.action,
            principal,
            keys: &self.approval.keys,
            basis: self.approval.basis,
            signature: self.approval.signature.as_ref(),
        };
        by.is_a_person()?;
        self.opened_after_the_rejection()?;
        self.is_not_too_old()?;
        by.may_count()
    }

    fn is_a_manual_approval(&self) -> Result<(), Reason> {
        match self.attempt.kind {
            ActionKind::ManualApproval => Ok(()),
            ActionKind::Source | ActionKind::Other | ActionKind::Unknown => {
                object(ReasonCode::NotAManualApproval, message::not_a_manual_approval(self.action))
            }
        }
    }

    fn is_approved(&self) -> Result<(), Reason> {
        let Self { action, attempt, .. } = self;
        match attempt.status {
            Status::Succeeded => Ok(()),
            Status::Failed if attempt.failed_unanswered() => {
                object(ReasonCode::MissingApproval, message::failed_unanswered(action, attempt))
            }
            Status::Failed => object(
                ReasonCode::Rejected,
                message::rejected(action, self.approval.principal.as_ref()),
            ),
            Status::InProgress | Status::Abandoned | Status::Unknown => {
                object(ReasonCode::MissingApproval, message::not_approved(action))
            }
        }
    }

    /// The principal, if the history and the state agree about it.
    fn principal<'t>(&self, testimony: &'t Testimony) -> Result<&'t Principal, Reason> {
        let (code, message) = match testimony {
            Testimony::Agreed(principal) => return Ok(principal),
            Testimony::Contradictory { history, state } => (
                ReasonCode::PrincipalMismatch,
                message::principals_differ(self.action, history, state),
            ),
            Testimony::Missing => (ReasonCode::Unattributable, message::no_principal(self.action)),
        };
        Err(Reason { code, message })
    }

    fn has_no_bad_signature(&self) -> Result<(), Reason> {
        match &self.bad_signature {
            Some(why) => object(ReasonCode::BadSignature, message::bad_signature(self.action, why)),
            None => Ok(()),
        }
    }

    fn opened_after_the_rejection(&self) -> Result<(), Reason> {
        if self.rejection.supersedes(self.attempt.started) {
            return object(
                ReasonCode::SupersededByRejection,
                message::superseded(self.action, self.rejection),
            );
        }
        Ok(())
    }

    fn is_not_too_old(&self) -> Result<(), Reason> {
        match self.rule.max_age_minutes() {
            Some(minutes) if !is_fresh(self.facts.now, self.attempt, minutes) => {
                object(ReasonCode::TooOld, message::too_old(self.action, minutes))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// INVARIANT (fail closed): if the exact time of an approval is not known, the oldest possible time
/// must not be too old, and the newest possible time must not be in the future.
fn is_fresh(now: Timestamp, attempt: &Attempt, max_age_minutes: u32) -> bool {
    let (earliest, latest) = match (attempt.answered, attempt.updated) {
        (Some(answered), _) => (Some(answered), Some(answered)),
        (None, noticed) => (noticed.and_then(|at| at.checked_sub(NOTICING).ok()), noticed),
    };
    let max_age = SignedDuration::from_mins(i64::from(max_age_minutes));
    earliest.is_some_and(|at| now.duration_since(at) <= max_age)
        && latest.is_some_and(|at| now.duration_since(at) >= -CLOCK_SKEW)
}
