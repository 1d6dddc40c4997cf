//! `member-of-both-groups`: a user in the groups of two slots, even if its policies allow only one.

use std::collections::HashMap;

use findings::{Check, Evidence, Finding, Severity};
use iam::account::{Actor, GroupIx};

use super::Find;
use crate::account_view::AccountView;
use crate::evidence;
use crate::reach_index::UndecidedError;
use crate::scope::SlotIx;

pub(super) const CHECK: Check<Find> = Check {
    code: "member-of-both-groups",
    severity: Severity::Error,
    title: "A user is in the groups of two slots",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    let mut known = HashMap::new();
    for (at, user) in account.users_by_ix() {
        let Some(groups) = two_groups(view, &user.groups, &mut known)? else {
            continue;
        };
        let actor = Actor::User(at);
        let pair = view.reach.slots_of(actor).pair.as_ref();
        let effect = match pair {
            Some(_) => "and its policies let it serve both",
            None => "though its policies do not let it serve both",
        };
        let [(first, slot_of_first), (second, slot_of_second)] = groups;
        let (Some(first), Some(second)) = (account.group(first), account.group(second)) else {
            continue;
        };
        let (a, b) = (view.slot(slot_of_first), view.slot(slot_of_second));
        let message = format!(
            "`{}` is a member of `{}`, which serves {a}, and of `{}`, which serves {b}, {effect}.",
            user.identity.name, first.name, second.name,
        );
        let help =
            format!("Remove it from one of the groups `{}` and `{}`.", first.name, second.name);
        let mut finding = CHECK.finding(user.identity.arn.clone(), message, help);
        finding.witness = pair.map(|pair| {
            let [_, second] = &pair.witness;
            second.clone()
        });
        finding.evidence = vec![
            evidence::actor(account, actor, "is a member of both"),
            Evidence::new("group", &first.arn, format!("serves {a}")),
            Evidence::new("group", &second.arn, format!("serves {b}")),
        ];
        findings.push(finding);
    }
    Ok(findings)
}

/// Two different groups of a user that serve two different slots of a stage, each with its slot.
fn two_groups(
    view: &AccountView<'_>,
    groups: &[GroupIx],
    known: &mut HashMap<[GroupIx; 2], bool>,
) -> Result<Option<[(GroupIx, SlotIx); 2]>, UndecidedError> {
    let serving = |slot| {
        let of_slot = view.slot_groups.get(&slot);
        let groups = groups.iter().copied();
        groups.filter(move |group| of_slot.is_some_and(|of_slot| of_slot.contains(group)))
    };
    for [a, b] in view.reach.scope.pairs() {
        let pairs = serving(a).flat_map(|first| serving(b).map(move |second| [first, second]));
        for both in pairs.filter(|[first, second]| first != second) {
            let meet = match known.get(&both) {
                Some(known) => *known,
                None => *known.entry(both).or_insert(meet(view, both)?),
            };
            if meet {
                let [first, second] = both;
                return Ok(Some([(first, a), (second, b)]));
            }
        }
    }
    Ok(None)
}

/// Whether two groups serve slots of one stage. A group that serves its slot only by name may
/// serve it in every stage.
fn meet(view: &AccountView<'_>, groups: [GroupIx; 2]) -> Result<bool, UndecidedError> {
    if groups.iter().any(|group| !view.reach.slots_of_group(*group).any()) {
        return Ok(true);
    }
    Ok(view.reach.groups_meet(groups))
}
