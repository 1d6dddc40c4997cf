//! `can-grant-itself`: a principal that is one write away from two slots of one pipeline.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::{Find, can_approve_both_through_role};
use crate::account_view::AccountView;
use crate::closure::TwoSlots;
use crate::counted::{Verdict, conclude, worst};
use crate::escalation::{Escalation, REMOVALS, WRITES, Write};
use crate::evidence;
use crate::reach_index::UndecidedError;
use crate::{credentials, second_person, steps};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-grant-itself",
    severity: Severity::Warning,
    title: "A principal can give itself the permissions to approve two slots",
    find,
};

const HELP: &str = "Deny these actions on the users, groups, roles and policies that serve the slots: `policygen generate --guardrails` \
                    writes the policy. Leave them to a role that is used under supervision, and accept the finding about that \
                    role with a reason.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in view.actors() {
        // A principal that has both does not need a write, unless it makes two people of one.
        let own = view.reach.slots_of(actor).pair.as_ref();
        if own.is_some_and(|pair| view.is_settled(actor, pair)) {
            continue;
        }
        let might = view.reach.permissions.might_any(actor, &WRITES)
            || view.reach.permissions.might_any(actor, &REMOVALS);
        let mut found = match might {
            true => Escalation::new(view, actor).writes()?,
            false => Vec::new(),
        };
        found.retain(|write| own.is_none() || write.verdict.counts_two());
        let several = || match credentials::as_two_people(view, actor)? {
            Some(slots) if !is_as_bad(view, actor)? => Ok(Some(told(view, actor, &slots))),
            Some(_) | None => after_steps(view, actor),
        };
        findings.extend(worst(finding(view, actor, &found), several)?);
    }
    Ok(findings)
}

/// Whether another check already reports an error about the actor: what takes no write, or a second
/// person.
fn is_as_bad(view: &AccountView<'_>, actor: Actor) -> Result<bool, UndecidedError> {
    let no_write = can_approve_both_through_role::verdict(view, actor)?;
    let ways = second_person::ways(view, actor)?;
    let mut verdicts = no_write.iter().chain(ways.iter().map(|way| &way.verdict));
    Ok(verdicts.any(Verdict::counts_two))
}

fn told(view: &AccountView<'_>, actor: Actor, slots: &TwoSlots) -> Finding {
    let says = |of: &str| format!("can get to approve {of}");
    steps::to_two_slots(&CHECK, HELP, view, actor, slots, says)
}

/// What an actor can do after several writes, or by a write that it makes as somebody else.
fn after_steps(view: &AccountView<'_>, actor: Actor) -> Result<Option<Finding>, UndecidedError> {
    let outcome = view.outcome(actor)?;
    let Some(slots) = outcome.slots.as_ref().filter(|slots| !slots.by_somebody_made) else {
        return Ok(None);
    };
    // Other checks report what takes no write, and a second person, if that is as bad.
    if is_as_bad(view, actor)? {
        return Ok(None);
    }
    if !slots.verdict.counts_two()
        && (can_approve_both_through_role::verdict(view, actor)?.is_some()
            || !second_person::ways(view, actor)?.is_empty())
    {
        return Ok(None);
    }
    Ok(Some(told(view, actor, slots)))
}

fn finding(view: &AccountView<'_>, actor: Actor, found: &[Write]) -> Option<Finding> {
    let account = view.account();
    let first = found.iter().find(|write| write.verdict.counts_two()).or(found.first())?;
    let pair = &first.pair;
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let actions: Vec<&str> = found.iter().map(|write| write.action.name()).collect();
    let message = format!(
        "`{}` is one write away from approving {a} and {b} of the same stage: {}.",
        view.name(actor),
        actions.join(", "),
    );
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, HELP.to_owned());
    conclude(view, actor, &mut finding, &first.verdict, CHECK.severity);
    finding.evidence.push(evidence::actor(account, actor, "acts"));
    for write in found {
        let permissions = &view.reach.permissions;
        let blames = permissions.blame(actor, write.action, &write.resource);
        let when = if write.pair.open { ", if conditions hold" } else { "" };
        let does = format!("{} may be done to it{when}, by", write.action);
        finding.evidence.push(Evidence::new("target", &write.resource, does));
        finding.evidence.extend(evidence::chain(account, actor, write.action, &blames));
    }
    let [_, second] = &pair.witness;
    finding.witness = Some(second.clone());
    Some(finding)
}
