//! What CloudTrail says of the approvals, beside what CodePipeline says: it may only merge people,
//! and never tells two apart.

use rule::{Attempt, Principal};

use super::case::Case;
use super::contradiction::contradictions;
use super::evaluate::{Evaluated, Verdict};
use super::event::ApprovalEvent;
use super::exception::{Exception, ExceptionCode as Code};
use super::judge::Standard;
use super::trail::{Trail, is_after_opening};

/// Gives the answers of a case their true times, as far as both witnesses speak of one answer.
pub(crate) fn give_times(case: &mut Case, trail: &Trail) {
    for action in case.actions.iter_mut().filter(|action| action.attempt.kind.may_be_approval()) {
        let event = trail.of(&action.attempt, action.external_id.as_deref());
        let event = event.filter(|event| tells_time_of(event, &action.attempt));
        action.attempt.answered = event.map(|event| event.at);
    }
}

/// Whether an event is of the principal who answered, and from between the opening of the approval
/// and the noticing of the answer.
fn tells_time_of(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    let principals = attempt.approver.history.as_deref().zip(event.by.arn.as_deref());
    let is_theirs = principals.is_some_and(|(history, trail)| same(history, trail));
    let is_noticed = attempt.updated.is_some_and(|noticed| event.at <= noticed);
    is_theirs && is_noticed && is_after_opening(event, attempt)
}

/// Puts beside each answered approval what CloudTrail has on it, and says in what the two differ.
pub(crate) fn confirm(evaluated: &mut Evaluated, standard: &Standard, trail: &Trail) {
    for approval in &mut evaluated.approvals {
        let Some(principal) = approval.attempt.approver.history.clone() else {
            continue;
        };
        let action = approval.attempt.action.clone().unwrap_or_default();
        let Some(event) = trail.of(&approval.attempt, approval.token.as_deref()) else {
            evaluated.exceptions.push(Exception::new(
                Code::NoTrail,
                format!("CloudTrail has no event for the answer to {action}. LookupEvents goes back 90 days."),
            ));
            continue;
        };
        if let Some(other) = event.by.arn.as_deref().filter(|other| !same(other, &principal)) {
            let problem = format!(
                "CodePipeline says that {principal} answered {action}, CloudTrail says {other}."
            );
            evaluated.exceptions.insert(0, Exception::new(Code::PrincipalDiffers, problem.clone()));
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

/// Whether two witnesses name one principal.
pub(super) fn same(a: &str, b: &str) -> bool {
    Principal::parse(a).is(&Principal::parse(b))
}
