//! `can-approve-both`: a user or role whose own permissions allow two slots of one pipeline.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::counted::{conclude, if_refused};
use crate::evidence;
use crate::reach_index::{SlotPair, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-approve-both",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    with_pair(view, |actor, pair| {
        (!pair.open).then(|| {
            let [a, b] = pair.slots.map(|slot| view.slot(slot));
            let message = format!(
                "`{}` may approve {a} and {b} of the same stage with its own permissions.",
                view.name(actor)
            );
            let help = format!(
                "Take {APPROVE} on {a} or on {b} away from it, or deny it one of them: `policygen generate` writes \
                 such policies."
            );
            CHECK.finding(view.account().arn(actor).to_owned(), message, help)
        })
    })
}

/// The findings that `wanted` makes of actors with two slots, each with the chains to both.
pub(super) fn with_pair(
    view: &AccountView<'_>,
    wanted: impl Fn(Actor, &SlotPair) -> Option<Finding>,
) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in view.actors() {
        let served = view.reach.slots_of(actor);
        let Some(pair) = &served.pair else {
            continue;
        };
        // No human can be it: `machine-can-approve` reports services. The desk is nobody either.
        if view.is_beyond_people(actor) || view.is_desk(actor) {
            continue;
        }
        let Some(mut finding) = wanted(actor, pair) else {
            continue;
        };
        let verdict = view.verdict_of_own(actor, pair);
        conclude(view, actor, &mut finding, &verdict, if_refused(view));
        finding.evidence = evidence_of(view, actor, &pair.witness);
        let [_, second] = &pair.witness;
        finding.witness = Some(second.clone());
        findings.push(finding);
    }
    Ok(findings)
}

/// The chains that let one actor approve some actions.
pub(super) fn evidence_of(
    view: &AccountView<'_>,
    actor: Actor,
    actions: &[String],
) -> Vec<Evidence> {
    let account = view.account();
    let mut chain = vec![evidence::actor(account, actor, "acts")];
    for action in actions {
        chain.push(Evidence::new("action", action, "may be approved, by"));
        let blames = view.reach.permissions.blame(actor, APPROVE, action);
        chain.extend(evidence::chain(account, actor, APPROVE, &blames));
    }
    chain
}
