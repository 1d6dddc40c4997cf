//! `can-approve-both-through-role`: a principal that reaches two slots of one pipeline by assuming roles.

use std::collections::HashSet;

use iam::Clauses;
use iam::account::{Actor, PolicyId};

use super::can_approve_both::evidence_of;
use crate::audit::evidence;
use crate::audit::picture::Picture;
use crate::audit::roads::Road;
use crate::audit::survey::{APPROVE, Both, SurveyError};
use crate::finding::{Finding, Severity};
use crate::report::Check;

pub(super) const CHECK: Check = Check {
    code: "can-approve-both-through-role",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline by assuming roles",
};

pub(super) fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, SurveyError> {
    let mut findings = Vec::new();
    for actor in picture.actors() {
        if picture.survey.approvals(actor).both.is_some() {
            continue;
        }
        if let Some((both, by)) = by_roles(picture, actor)? {
            findings.push(finding(picture, actor, &both, &by));
        }
    }
    Ok(findings)
}

/// Two slots that an actor may serve as itself or as roles that it may assume, and as whom it serves each: `None` as itself.
fn by_roles(picture: &Picture<'_>, actor: Actor) -> Result<Option<(Both, [Option<Road>; 2])>, SurveyError> {
    let survey = &picture.survey;
    let mut candidates: Vec<(Option<Road>, Clauses<'_, PolicyId>)> = Vec::new();
    let own = survey.approvals(actor);
    if own.any() {
        candidates.push((None, survey.clauses(actor, APPROVE)));
    }
    // Of roles with the same permissions, the nearest is enough.
    let mut seen = HashSet::new();
    for road in picture.roads_from(actor) {
        let role = Actor::Role(road.role);
        let approvals = survey.approvals(role);
        if !approvals.any() {
            continue;
        }
        if let Some(both) = &approvals.both {
            return Ok(Some((both.clone(), [Some(road.clone()), Some(road)])));
        }
        if seen.insert(std::ptr::from_ref(approvals)) {
            candidates.push((Some(road), survey.clauses(role, APPROVE)));
        }
    }
    let states: Vec<&Clauses<'_, PolicyId>> = candidates.iter().map(|(_, clauses)| clauses).collect();
    let both = survey.pair(&states).map_err(survey.about(actor))?;
    Ok(both.map(|both| {
        let by = both
            .states
            .map(|at| candidates.get(at).and_then(|(road, _)| road.clone()));
        (both, by)
    }))
}

fn finding(picture: &Picture<'_>, actor: Actor, both: &Both, by: &[Option<Road>; 2]) -> Finding {
    let account = picture.account();
    let role = |at: usize| account.roles.get(at).map_or("", |role| &role.identity.name);
    let named = |road: &Option<Road>| match road {
        None => "as itself".to_owned(),
        Some(road) => {
            let names: Vec<String> = road.through.iter().map(|at| format!("`{}`", role(*at))).collect();
            format!("as {}", names.join(", then "))
        }
    };
    let [a, b] = both.slots.map(|slot| picture.slot(slot));
    let [as_a, as_b] = by.each_ref().map(named);
    let message = format!(
        "`{}` may approve {a} {as_a} and {b} {as_b}, in the same stage.",
        picture.name(actor)
    );
    let help = "Take one of the assumptions away: from the trust policy of the role, or from who may call sts:AssumeRole on it; or \
                deny the role the other slot.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    finding.evidence.push(evidence::actor(account, actor, "acts"));
    let mut shown: Vec<&Road> = Vec::new();
    for (road, action) in by.iter().zip(&both.witness) {
        let serving = match road {
            None => actor,
            Some(road) => {
                if !shown.contains(&road) {
                    shown.push(road);
                    for (from, to, step) in picture.roads.assumptions(actor, &road.through) {
                        finding.evidence.extend(evidence::assumption(account, from, to, step));
                    }
                }
                Actor::Role(road.role)
            }
        };
        finding
            .evidence
            .extend(evidence_of(picture, serving, std::slice::from_ref(action)));
    }
    let [_, second] = &both.witness;
    finding.witness = Some(second.clone());
    finding
}
