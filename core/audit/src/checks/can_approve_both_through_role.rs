//! `can-approve-both-through-role`: a principal that reaches two slots of one pipeline by assuming
//! roles.

use findings::{Check, Finding, Severity};
use std::collections::HashSet;
use std::rc::Rc;

use iam::account::Actor;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::action::APPROVE;
use crate::alike::Alike;
use crate::evidence;
use crate::picture::Picture;
use crate::roads::Road;
use crate::survey::{Approvals, Both, Candidate, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-approve-both-through-role",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline by assuming roles",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in picture.actors() {
        if picture.survey.approvals(actor).both.is_some() {
            continue;
        }
        if let Some(found) = by_roles(picture, actor)? {
            findings.push(finding(picture, actor, &found));
        }
    }
    Ok(findings)
}

/// Two slots of one stage, and as whom an actor serves each: as a role that it may become, or as
/// itself.
struct ThroughRoles {
    both: Both,
    by: [Option<Road>; 2],
}

/// Two slots that an actor may serve as itself or as roles that it may assume.
fn by_roles(picture: &Picture<'_>, actor: Actor) -> Result<Option<ThroughRoles>, UndecidedError> {
    let survey = &picture.survey;
    let mut candidates: Vec<(Option<Road>, Rc<Alike<'_>>, &Approvals)> = Vec::new();
    let own = survey.approvals(actor);
    if own.any() {
        candidates.extend(survey.permissions.alike(actor, APPROVE).map(|alike| (None, alike, own)));
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
            return Ok(Some(ThroughRoles {
                both: both.clone(),
                by: [Some(road.clone()), Some(road)],
            }));
        }
        if seen.insert(std::ptr::from_ref(approvals)) {
            let alike = survey.permissions.alike(role, APPROVE);
            candidates.extend(alike.map(|alike| (Some(road), alike, approvals)));
        }
    }
    let states = candidates.iter().map(|(_, alike, approvals)| Candidate::now(alike, approvals));
    let states: Vec<Candidate<'_>> = states.collect();
    let both = survey.pair(&states).map_err(survey.about(actor))?;
    Ok(both.map(|both| {
        let by = both.states.map(|at| candidates.get(at).and_then(|(road, ..)| road.clone()));
        ThroughRoles { both, by }
    }))
}

fn finding(
    picture: &Picture<'_>,
    actor: Actor,
    ThroughRoles { both, by }: &ThroughRoles,
) -> Finding {
    let account = picture.account();
    let role = |at: usize| account.roles.get(at).map_or("", |role| &role.identity.name);
    let named = |road: &Option<Road>| match road {
        None => "as itself".to_owned(),
        Some(road) => {
            let (last, before) = road.through.split_last().unwrap_or((&road.role, &[]));
            let names: Vec<String> = before.iter().map(|at| format!("`{}`", role(*at))).collect();
            match names.as_slice() {
                [] => format!("as `{}`", role(*last)),
                names => format!("as `{}` through {}", role(*last), names.join(" and ")),
            }
        }
    };
    let [a, b] = both.slots.map(|slot| picture.slot(slot));
    let [by_a, by_b] = by;
    let message = if by_a == by_b {
        format!(
            "`{}` may approve {a} and {b} of the same stage {}.",
            picture.name(actor),
            named(by_a)
        )
    } else {
        format!(
            "`{}` may approve {a} {} and {b} of the same stage {}.",
            picture.name(actor),
            named(by_a),
            named(by_b)
        )
    };
    let help = "Take one of the assumptions away: from the trust policy of the role, or from who may call sts:AssumeRole on it; or \
                deny the role the other slot.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    let [first, second] = &both.witness;
    let served: Vec<(&Option<Road>, &[String])> = if by_a == by_b {
        vec![(by_a, &both.witness)]
    } else {
        vec![(by_a, std::slice::from_ref(first)), (by_b, std::slice::from_ref(second))]
    };
    for (road, actions) in served {
        let serving = match road {
            None => actor,
            Some(road) => {
                finding.evidence.push(evidence::actor(account, actor, "acts"));
                for (from, to, step) in picture.roads.assumptions(actor, &road.through) {
                    finding.evidence.extend(evidence::assumption(account, from, to, step));
                }
                Actor::Role(road.role)
            }
        };
        finding.evidence.extend(evidence_of(picture, serving, actions));
    }
    finding.witness = Some(second.clone());
    finding
}
