//! Judges an answer before it is given: would it count, and is it of somebody who has answered
//! already? The gate's own code decides, over the facts of the execution with the answer in them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rule::{
    Approver, Attempt, Decision, Facts, JudgedApproval, Misfit, Reason, ReasonCode, Rule, Status,
    Verdict, decide,
};

/// An approval that somebody is about to give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intended<'a> {
    pub(crate) stage: &'a str,
    pub(crate) action: &'a str,
    /// The attempt that waits: its `actionExecutionId`.
    pub(crate) attempt: &'a str,
    /// The principal that will answer.
    pub(crate) caller: &'a str,
    /// The comment, with the signature if there is one.
    pub(crate) comment: &'a str,
    pub(crate) at: Timestamp,
}

/// What the rule says about an approval.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judgement {
    /// It counts, as this person.
    Counts(Box<JudgedApproval>),
    /// The rule does not ask for this action, so it says nothing about it.
    NotRequired,
    /// It would not count, or only as somebody who has answered already.
    Refused(Reason),
}

/// An approval, judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// The decision as it would be after the approval.
    pub(crate) after: Decision,
}

/// Why an approval cannot be judged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JudgeError {
    #[error("the history of the execution does not show the approval that waits")]
    NotInHistory,
    #[error("the rule does not fit this execution, so the gate would report an error")]
    Misfit(#[from] Misfit),
}

/// Judges an approval.
///
/// # Errors
/// [`JudgeError`] if nothing can be said. That is never a verdict.
pub(crate) fn judge(
    rule: &Rule,
    facts: &Facts,
    intended: &Intended<'_>,
) -> Result<Judged, JudgeError> {
    let before = decide(rule, facts)?;
    let after = decide(rule, &with_answer(facts, intended)?)?;
    let record = after.record();
    let own = record
        .approvals
        .iter()
        .find(|approval| approval.action_execution_id.as_deref() == Some(intended.attempt));
    let judgement = match own {
        None => Judgement::NotRequired,
        Some(own) if !own.counted => Judgement::Refused(objection(&before, &after, own)),
        Some(own) => match same_person(&before, &after) {
            Some(reason) => Judgement::Refused(reason),
            None => Judgement::Counts(Box::new(own.clone())),
        },
    };
    Ok(Judged { judgement, after })
}

/// The facts as they will be as soon as CodePipeline has noticed the answer.
fn with_answer(facts: &Facts, intended: &Intended<'_>) -> Result<Facts, JudgeError> {
    let mut facts = facts.clone();
    facts.now = intended.at;
    let is_meant = |attempt: &&mut Attempt| {
        attempt.id.as_deref() == Some(intended.attempt)
            && attempt.stage.as_deref() == Some(intended.stage)
            && attempt.action.as_deref() == Some(intended.action)
            && attempt.status == Status::InProgress
    };
    let attempt = facts.attempts.iter_mut().find(is_meant).ok_or(JudgeError::NotInHistory)?;
    attempt.status = Status::Succeeded;
    attempt.approver = Approver { history: Some(intended.caller.to_owned()), state: None };
    attempt.comment = Some(intended.comment.to_owned());
    attempt.answered = Some(intended.at);
    attempt.updated = Some(intended.at);
    Ok(facts)
}

/// What the approval adds to the reasons against the release.
fn added<'a>(before: &'a Decision, after: &'a Decision) -> impl Iterator<Item = &'a Reason> {
    let known = &before.record().reasons;
    after.record().reasons.iter().filter(move |reason| !known.contains(reason))
}

/// Why the approval does not count.
fn objection(before: &Decision, after: &Decision, own: &JudgedApproval) -> Reason {
    let code = own.reason.unwrap_or(ReasonCode::Unattributable);
    let found = added(before, after).find(|reason| reason.code == code);
    let found = found.or_else(|| after.record().reasons.iter().find(|reason| reason.code == code));
    found.cloned().unwrap_or_else(|| Reason { code, message: own.action.clone() })
}

/// The reason that the approval is one of a person who has given another one, although more people
/// are needed. The decision says so; nothing is counted here.
fn same_person(before: &Decision, after: &Decision) -> Option<Reason> {
    if after.record().verdict == Verdict::Satisfied {
        return None;
    }
    added(before, after).find(|reason| reason.code == ReasonCode::SamePerson).cloned()
}

/// The actions that still have to be approved.
pub(crate) fn missing(decision: &Decision) -> BTreeSet<&str> {
    let open = decision.record().approvals.iter().filter(|approval| !approval.counted);
    open.filter(|approval| approval.status.is_none_or(|status| status == Status::InProgress))
        .map(|approval| approval.action.as_str())
        .collect()
}
