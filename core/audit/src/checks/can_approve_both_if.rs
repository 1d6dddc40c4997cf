//! `can-approve-both-if`: a principal whose own permissions allow two slots of one pipeline if
//! conditions hold that only the request decides.

use findings::{Check, Finding, Severity};
use std::collections::BTreeSet;

use iam::account::Actor;

use super::Find;
use super::can_approve_both::with_pair;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::reach_index::{SlotPair, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-approve-both-if",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline if conditions hold",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    with_pair(view, |actor, pair| {
        pair.open.then(|| {
            let [a, b] = pair.slots.map(|slot| view.slot(slot));
            let message = format!(
                "`{}` may approve {a} and {b} of the same stage with its own permissions if these conditions hold: {}.",
                view.name(actor),
                conditions(view, actor, pair),
            );
            let help = format!(
                "Conditions such as MFA or an address do not distinguish two people. Take {APPROVE} on {a} or on {b} away from \
                 it, or deny it one of them."
            );
            CHECK.finding(view.account().arn(actor).to_owned(), message, help)
        })
    })
}

/// The conditions that have to hold, or not to hold, for the two slots.
fn conditions(view: &AccountView<'_>, actor: Actor, pair: &SlotPair) -> String {
    let blames =
        pair.witness.iter().flat_map(|action| view.reach.permissions.blame(actor, APPROVE, action));
    let texts: BTreeSet<String> = blames
        .flat_map(|blame| {
            let texts = blame.open.iter().map(move |condition| match blame.effect {
                iam::Effect::Allow => format!("`{condition}`"),
                iam::Effect::Deny => format!("not `{condition}`"),
            });
            texts.collect::<Vec<_>>()
        })
        .collect();
    let texts: Vec<String> = texts.into_iter().collect();
    if texts.is_empty() {
        return "a policy variable has the right value".to_owned();
    }
    texts.join(", ")
}
