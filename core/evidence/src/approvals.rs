//! Every attempt of every approval, with how it was counted.

use jiff::Timestamp;
use rule::{AtIs, Attempt, Basis, Decision, JudgedApproval, ReasonCode, Status};

use super::case::Case;
use super::event::ApprovalEvent;
use super::gate_run::GateRun;

/// One attempt of one approval.
#[derive(Debug)]
pub struct ApprovalAttempt {
    pub attempt: Attempt,
    /// The token, as far as CodePipeline shows it.
    pub token: Option<String>,
    pub counting: Counting,
    /// What its person rests on, if a decision looked at it.
    pub basis: Option<Basis>,
    /// Who took the session in which it was answered, and so on, by CloudTrail.
    pub behind: Vec<String>,
    /// What CloudTrail has on it.
    pub trail: Option<ApprovalEvent>,
}

impl ApprovalAttempt {
    /// When it was answered, as well as that is known, and what that time is; `None` of one that
    /// nobody has answered.
    pub fn at(&self) -> Option<(Timestamp, AtIs)> {
        let answered = self.attempt.answered.map(|at| (at, AtIs::Answered));
        answered.or_else(|| self.noticed().map(|at| (at, AtIs::Noticed)))
    }

    /// When CodePipeline noticed the answer.
    pub fn noticed(&self) -> Option<Timestamp> {
        match self.attempt.status {
            Status::Succeeded | Status::Failed => self.attempt.updated,
            // Until it is answered, the history has the time at which it was opened there.
            Status::InProgress | Status::Abandoned | Status::Unknown => None,
        }
    }
}

/// How an attempt was counted in the newest decision that looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counting {
    /// As this person, by its key.
    As(String),
    /// Not, for this reason.
    Not(ReasonCode),
    /// A newer attempt took its place before anybody judged it.
    Replaced,
    /// The rule does not ask for it.
    NotRequired,
    /// There is no decision.
    NotJudged,
}

impl Counting {
    /// In one word, for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::As(_) => "counted",
            Self::Not(_) => "not-counted",
            Self::Replaced => "replaced",
            Self::NotRequired => "not-required",
            Self::NotJudged => "not-judged",
        }
    }
}

/// The attempts of a case, oldest first.
pub(crate) fn attempts(
    case: &Case,
    decision: Option<&Decision>,
    runs: &[GateRun],
) -> Vec<ApprovalAttempt> {
    let of_runs = runs.iter().rev().filter_map(|run| run.evaluated.as_ref()?.as_ref().ok());
    let decisions: Vec<&Decision> = decision.into_iter().chain(of_runs).collect();
    let approvals = case.actions.iter().filter(|action| action.attempt.kind.may_be_approval());
    let with_counting = approvals.map(|action| ApprovalAttempt {
        counting: counting(&action.attempt, case, &decisions),
        basis: judged(&action.attempt, &decisions).and_then(|judged| judged.basis),
        behind: Vec::new(),
        attempt: action.attempt.clone(),
        token: action.external_id.clone(),
        trail: None,
    });
    with_counting.collect()
}

/// How the newest decision that looked at an attempt judged it.
fn judged<'a>(attempt: &Attempt, decisions: &[&'a Decision]) -> Option<&'a JudgedApproval> {
    let is_this = |judged: &&JudgedApproval| {
        judged.action_execution_id.is_some() && judged.action_execution_id == attempt.id
    };
    decisions.iter().find_map(|decision| decision.record().approvals.iter().find(is_this))
}

fn counting(attempt: &Attempt, case: &Case, decisions: &[&Decision]) -> Counting {
    let mut others = case.actions.iter().map(|action| &action.attempt);
    let replaced = others.any(|other| {
        (&other.stage, &other.action) == (&attempt.stage, &attempt.action)
            && other.started > attempt.started
    });
    match judged(attempt, decisions) {
        Some(judged) => match (&judged.person, judged.reason) {
            (_, Some(reason)) => Counting::Not(reason),
            (Some(person), None) => Counting::As(person.clone()),
            (None, None) => Counting::NotJudged,
        },
        None if decisions.is_empty() => Counting::NotJudged,
        None if replaced => Counting::Replaced,
        None => Counting::NotRequired,
    }
}
