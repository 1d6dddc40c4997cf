//! What CloudTrail says of the approvals, beside what CodePipeline says: it may only merge people, and never tells two apart.

use rule::{Account, Keys, Principal, Rule, persons};

use super::approvals::{ApprovalAttempt, Counting};
use super::case::Case;
use super::evaluate::{Evaluated, Verdict};
use super::event::ApprovalEvent;
use super::exception::{Exception, ExceptionCode as Code};
use super::judge::Standard;
use super::trail::Trail;

/// Gives the answers of a case their true times.
pub(crate) fn give_times(case: &mut Case, trail: &Trail) {
    for action in case
        .actions
        .iter_mut()
        .filter(|action| action.attempt.kind.may_be_approval())
    {
        let event = trail.of(&action.attempt, action.external_id.as_deref());
        action.attempt.answered = event.map(|event| event.at);
    }
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
            let problem = format!("CodePipeline says that {principal} answered {action}, CloudTrail says {other}.");
            evaluated
                .exceptions
                .insert(0, Exception::new(Code::PrincipalDiffers, problem.clone()));
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
    let counted: Vec<&ApprovalAttempt> = evaluated
        .approvals
        .iter()
        .filter(|approval| matches!(approval.counting, Counting::As(_)))
        .collect();
    let mut found: Vec<Exception> = counted.iter().filter_map(|approval| look_alike(approval)).collect();
    found.extend(one_source_identity(&counted));
    let contradiction = one_human(evaluated, &counted, standard, trail);
    evaluated.exceptions.extend(found);
    if let Some(problem) = contradiction {
        evaluated
            .exceptions
            .insert(0, Exception::new(Code::SameHuman, problem.clone()));
        if evaluated.verdict == Verdict::Satisfied {
            evaluated.verdict = Verdict::Error;
            evaluated.problem = Some(problem);
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    Principal::parse(a).is(&Principal::parse(b))
}

/// A session of a role that is called like one of IAM Identity Center's, and is not one.
fn look_alike(approval: &ApprovalAttempt) -> Option<Exception> {
    let by = &approval.trail.as_ref()?.by;
    let issuer = by.issuer.as_deref()?;
    let name = issuer.rsplit('/').next()?;
    let claims = name
        .get(..14)
        .is_some_and(|start| start.eq_ignore_ascii_case("AWSReservedSSO"));
    (claims && !by.is_of_identity_center()).then(|| {
        let action = approval.attempt.action.as_deref().unwrap_or("?");
        let message = format!(
            "The answer to {action} came through {issuer}, which IAM Identity Center did not make: it stands under another path than its roles. \
             The people who may take it choose what its sessions are called."
        );
        Exception::new(Code::LookAlikeRole, message)
    })
}

/// Two persons behind whom there is one source identity. It cannot change along a chain of roles (STS API Reference, "AssumeRole").
fn one_source_identity(counted: &[&ApprovalAttempt]) -> Vec<Exception> {
    let identity = |approval: &ApprovalAttempt| approval.trail.as_ref()?.by.source_identity.clone();
    let mut found = Vec::new();
    for (at, first) in counted.iter().enumerate() {
        for second in counted.iter().skip(at + 1) {
            if let (Some(a), Some(b)) = (identity(first), identity(second))
                && a == b
                && first.counting != second.counting
            {
                let action = |approval: &ApprovalAttempt| approval.attempt.action.clone().unwrap_or_default();
                found.push(Exception::new(
                    Code::SharedSourceIdentity,
                    format!(
                        "The answers to {} and {} count as two persons, and both sessions have the source identity {a}, which cannot change \
                         from one role to the next.",
                        action(first),
                        action(second)
                    ),
                ));
            }
        }
    }
    found
}

/// What contradicts a verdict that enough people approved: with what CloudTrail shows of who took the sessions, they are too few.
fn one_human(
    evaluated: &Evaluated,
    counted: &[&ApprovalAttempt],
    standard: &Standard,
    trail: &Trail,
) -> Option<String> {
    let record = evaluated.decision.as_ref()?.record();
    let keys: Vec<Keys> = counted
        .iter()
        .map(|approval| keys(approval, &standard.floor, &standard.account, trail))
        .collect();
    let people = persons(&keys);
    if !record.quorum.is_met_by(record.persons.len()) || record.quorum.is_met_by(people.len()) {
        return None;
    }
    let joined = people.iter().find(|person| {
        let members = person.members().iter().filter_map(|at| counted.get(*at));
        let mut countings = members.map(|approval| &approval.counting);
        let first = countings.next();
        countings.any(|other| Some(other) != first)
    })?;
    let members = joined.members().iter().filter_map(|at| counted.get(*at));
    let told = members.map(|approval| {
        let action = approval.attempt.action.as_deref().unwrap_or("?");
        let principal = approval.attempt.approver.history.as_deref().unwrap_or("nobody");
        let taken = approval.behind.iter().map(|arn| format!(", which was taken by {arn}"));
        format!("{action} by {principal}{}", taken.collect::<String>())
    });
    Some(format!(
        "The verdict counts {} persons, and CloudTrail shows one human behind two of them: {}.",
        record.persons.len(),
        told.collect::<Vec<_>>().join("; ")
    ))
}

/// The keys of an approval's principal, and what the trail adds to them.
fn keys(approval: &ApprovalAttempt, rule: &Rule, account: &Account, trail: &Trail) -> Keys {
    let principal = Principal::parse(approval.attempt.approver.history.as_deref().unwrap_or_default());
    let keys = rule.keys(&principal, account).unwrap_or_default();
    // Two witnesses that name two principals are about nobody.
    let agrees = |event: &&ApprovalEvent| event.by.arn.as_deref().is_some_and(|arn| same(arn, principal.arn()));
    match approval.trail.as_ref().filter(agrees) {
        Some(event) => keys.also_claiming(trail.sessions.keys(&event.by, rule, account)),
        None => keys,
    }
}
