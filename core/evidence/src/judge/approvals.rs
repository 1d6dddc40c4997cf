//! The approvals of an execution, and how each was counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rule::{AtIs, Attempt, Basis, Decision, JudgedApproval, ReasonCode, SignatureRecord, Status};
use signing::Signature;

use super::gate_run::GateRun;
use crate::read::event::ApprovalEvent;
use crate::read::history::ActionExecution;

/// One attempt of one approval action.
#[derive(Debug)]
pub struct ApprovalAttempt {
    /// The attempt, as the history shows it.
    pub attempt: Box<Attempt>,
    /// The token, if CodePipeline shows it.
    pub(crate) token: Option<String>,
    /// How it was counted.
    pub counting: Counting,
    /// What its person rests on, if a decision considered it.
    pub basis: Option<Basis>,
    /// The signature in its comment, if a decision considered it and the signature is good.
    pub signature: Option<SignatureRecord>,
    /// The ARNs of the principals behind the session that answered, nearest first, according to
    /// CloudTrail.
    pub(crate) behind: Vec<String>,
    /// CloudTrail's event of the answer.
    pub(crate) trail: Option<ApprovalEvent>,
}

impl ApprovalAttempt {
    /// The best known time of the answer, and what that time is. `None` if nobody has answered.
    pub fn at(&self) -> Option<(Timestamp, AtIs)> {
        let answered = self.attempt.answered.map(|at| (at, AtIs::Answered));
        answered.or_else(|| self.noticed().map(|at| (at, AtIs::Noticed)))
    }

    /// What the approver wrote, without a good signature.
    pub fn comment(&self) -> Option<String> {
        let comment = self.attempt.comment.as_deref()?;
        let text = match &self.signature {
            Some(_) => Signature::without(comment),
            None => comment.to_owned(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// When CodePipeline noticed the answer.
    pub(crate) fn noticed(&self) -> Option<Timestamp> {
        match self.attempt.status {
            Status::Succeeded | Status::Failed => self.attempt.updated,
            // Without an answer, this member of the history is the time the approval was opened.
            Status::InProgress | Status::Abandoned | Status::Unknown => None,
        }
    }
}

/// How the newest decision that considered an attempt counted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counting {
    /// It counted as this person, named by its best key.
    As(String),
    /// It did not count, for this reason.
    Not(ReasonCode),
    /// A newer attempt replaced it before any decision.
    Replaced,
    /// The rule does not require this action.
    NotRequired,
    /// Nothing decided about this execution.
    NotJudged,
}

impl Counting {
    /// The name that reports use.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::As(_) => "counted",
            Self::Not(_) => "not-counted",
            Self::Replaced => "replaced",
            Self::NotRequired => "not-required",
            Self::NotJudged => "not-judged",
        }
    }
}

/// The attempts of all approvals among the actions of a case, in their order.
pub(crate) fn attempts(
    actions: Vec<ActionExecution>,
    decision: Option<&Decision>,
    runs: &[GateRun],
) -> Vec<ApprovalAttempt> {
    let of_runs = runs.iter().rev().filter_map(GateRun::decision);
    let decisions: Vec<&Decision> = decision.into_iter().chain(of_runs).collect();
    // What the newest decision that considered an attempt says about it.
    let mut judged: BTreeMap<&str, &JudgedApproval> = BTreeMap::new();
    for approval in decisions.iter().flat_map(|decision| &decision.record().approvals) {
        if let Some(id) = &approval.action_execution_id {
            judged.entry(id).or_insert(approval);
        }
    }
    let judged = |attempt: &Attempt| judged.get(attempt.id.as_deref()?).copied();
    let mut newest: BTreeMap<_, Option<Timestamp>> = BTreeMap::new();
    for attempt in actions.iter().map(|action| &action.attempt) {
        let newest = newest.entry((&attempt.stage, &attempt.action)).or_default();
        *newest = (*newest).max(attempt.started);
    }
    let counting = |attempt: &Attempt| {
        let newest = newest.get(&(&attempt.stage, &attempt.action));
        match judged(attempt) {
            Some(judged) => counting(judged),
            None if decisions.is_empty() => Counting::NotJudged,
            None if newest.is_some_and(|newest| *newest > attempt.started) => Counting::Replaced,
            None => Counting::NotRequired,
        }
    };
    let may_be_approval = |action: &ActionExecution| action.attempt.kind.may_be_approval();
    let approvals = actions.iter().filter(|action| may_be_approval(action));
    let countings: Vec<Counting> = approvals.map(|action| counting(&action.attempt)).collect();
    let approvals = actions.into_iter().filter(may_be_approval).zip(countings);
    let approvals = approvals.map(|(ActionExecution { attempt, external_id, .. }, counting)| {
        let judged = judged(&attempt);
        ApprovalAttempt {
            counting,
            basis: judged.and_then(|judged| judged.basis),
            signature: judged.and_then(|judged| judged.signature.clone()),
            behind: Vec::new(),
            attempt,
            token: external_id,
            trail: None,
        }
    });
    approvals.collect()
}

fn counting(judged: &JudgedApproval) -> Counting {
    match (&judged.person, judged.reason) {
        (_, Some(reason)) => Counting::Not(reason),
        (Some(person), None) => Counting::As(person.clone()),
        (None, None) => Counting::NotJudged,
    }
}
