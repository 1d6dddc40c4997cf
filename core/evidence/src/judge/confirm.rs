//! Compares CloudTrail's events with CodePipeline's history.
//!
//! INVARIANT (merge only): an event may show that two persons are one human, never that one person
//! is two.

use rule::Attempt;

use super::contradiction::contradictions;
use super::evaluate::Evaluated;
use super::exception::{Exception, ExceptionCode as Code};
use super::standard::Standard;
use super::trail::{Trail, is_after_opening, is_same_principal};
use super::verdict::Verdict;
use crate::read::case::Case;
use crate::read::event::ApprovalEvent;

/// Sets the true times of the answers of a case. CodePipeline has only the times at which it
/// noticed them.
pub(crate) fn give_times(case: &mut Case, trail: &Trail) {
    for action in case.actions.iter_mut().filter(|action| action.attempt.kind.may_be_approval()) {
        let event = trail.event_of(&action.attempt, action.external_id.as_deref());
        let event = event.filter(|event| gives_time_of(event, &action.attempt));
        action.attempt.answered = event.map(|event| event.at);
    }
}

/// Whether an event names the principal of the answer, and lies between the opening of the approval
/// and the time CodePipeline noticed the answer.
fn gives_time_of(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    let principals = attempt.approver.history.as_deref().zip(event.by.arn.as_deref());
    let is_theirs = principals.is_some_and(|(history, trail)| is_same_principal(history, trail));
    let is_noticed = attempt.updated.is_some_and(|noticed| event.at <= noticed);
    is_theirs && is_noticed && is_after_opening(event, attempt)
}

/// Adds CloudTrail's event to each answered approval, and an exception for each difference.
pub(crate) fn confirm(evaluated: &mut Evaluated, standard: &Standard, trail: &Trail) {
    let mut differing = Vec::new();
    for approval in &mut evaluated.approvals {
        let Some(principal) = approval.attempt.approver.history.clone() else {
            continue;
        };
        let action = approval.attempt.action.clone().unwrap_or_default();
        let Some(event) = trail.event_of(&approval.attempt, approval.token.as_deref()) else {
            evaluated.exceptions.push(Exception::new(
                Code::NoTrail,
                format!(
                    "CloudTrail has no event for the answer to {action}. LookupEvents goes \
                    back 90 days."
                ),
            ));
            continue;
        };
        let named = event.by.arn.as_deref();
        if let Some(other) = named.filter(|other| !is_same_principal(other, &principal)) {
            let problem = format!(
                "CodePipeline says that {principal} answered {action}, CloudTrail says {other}."
            );
            differing.push(Exception::new(Code::PrincipalDiffers, problem.clone()));
            evaluated.verdict = Verdict::Error;
            evaluated.problem = Some(problem);
        }
        approval.behind = trail
            .sessions
            .chain(&event.by)
            .iter()
            .skip(1)
            .filter_map(|by| by.arn.clone())
            .collect();
        approval.trail = Some(event.clone());
    }
    evaluated.exceptions.splice(0..0, differing.into_iter().rev());
    let found = contradictions(evaluated, standard, trail);
    let against = found.iter().find(|exception| exception.code.unsettles_verdict());
    if evaluated.verdict == Verdict::Satisfied
        && let Some(exception) = against
    {
        evaluated.verdict = Verdict::Error;
        evaluated.problem = Some(exception.message.clone());
    }
    evaluated.exceptions.splice(0..0, found);
}
