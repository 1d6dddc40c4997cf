//! `member-of-both-groups`: a user in the groups of two slots, even if its policies allow only one,
//! and a person of IAM Identity Center with the roles of two slots.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use findings::{Check, Evidence, Finding, Severity};
use iam::account::{Actor, GroupIx, RoleIx};

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::counted::conclude_of_outsiders;
use crate::entered_roles::{EnteredRoles, ServedTogether};
use crate::evidence;
use crate::identity_center::Held;
use crate::reach_index::UndecidedError;
use crate::scope::SlotIx;

pub(super) const CHECK: Check<Find> = Check {
    code: "member-of-both-groups",
    severity: Severity::Error,
    title: "A person is in the groups of two slots, or is assigned the roles of two",
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
    findings.extend(of_identity_center(view)?);
    Ok(findings)
}

/// The people of IAM Identity Center who have the roles of two slots.
fn of_identity_center(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let Some(assigned) = view.assigned_people() else { return Ok(Vec::new()) };
    let roles = assigned.people().flat_map(|(_, held)| held.iter().map(|held| held.role));
    let entered = EnteredRoles::new(view, roles.collect::<BTreeSet<RoleIx>>())?;
    // Many people have the same permission sets.
    let mut known: HashMap<Vec<RoleIx>, Option<Rc<ServedTogether>>> = HashMap::new();
    let mut findings = Vec::new();
    for (person, held) in assigned.people() {
        let mut roles: Vec<RoleIx> = held.iter().map(|held| held.role).collect();
        roles.dedup();
        let served = match known.get(&roles) {
            Some(served) => served.clone(),
            None => {
                let served = entered.two_slots(&roles, None, |_, _| true)?.map(Rc::new);
                known.insert(roles, served.clone());
                served
            }
        };
        findings.extend(served.and_then(|served| assigned_both(view, person, held, &served)));
    }
    Ok(findings)
}

fn assigned_both(
    view: &AccountView<'_>,
    person: &str,
    held: &[Held<'_>],
    served: &ServedTogether,
) -> Option<Finding> {
    let (account, assigned) = (view.account(), view.assigned_people()?);
    let arn = |kind, id| format!("arn:{}:identitystore:::{kind}/{id}", account.partition);
    let holding = |role| held.iter().find(|held| held.role == role);
    let [first, second] = [holding(served.by[0].role)?, holding(served.by[1].role)?];
    let how = |held: &Held<'_>| match held.group {
        Some(group) => format!("by the group `{}`", assigned.group(group)),
        None => "directly".to_owned(),
    };
    let [a, b] = served.pair.slots.map(|slot| view.slot(slot));
    let message = format!(
        "`{}` is assigned `{}` {} and `{}` {}. The role of the first may approve {a}, and that of \
         the second {b} of the same stage.",
        assigned.user(person),
        first.set,
        how(first),
        second.set,
        how(second),
    );
    let help = format!(
        "Remove one of the assignments `{}` and `{}` from this person, or the person from a group.",
        first.set, second.set
    );
    let mut finding = CHECK.finding(arn("user", person), message, help);
    assigned.user(person).clone_into(&mut finding.called);
    conclude_of_outsiders(view, &mut finding, &served.verdict, CHECK.severity);
    let sets = [first, second].into_iter().zip(&served.by).zip(&served.pair.witness);
    for ((held, entered), witness) in sets {
        finding.evidence.push(Evidence::new("user", assigned.user(person), "has both"));
        if let Some(group) = held.group {
            let name = assigned.group(group);
            finding.evidence.push(Evidence::new("group", name, "has the user as a member"));
        }
        let detail = format!("`{}` is assigned", held.set);
        finding.evidence.push(Evidence::new("permission set", held.arn, detail));
        finding.evidence.extend(evidence::entered_role(view, entered));
        let serving = Actor::Role(entered.serving());
        finding.evidence.extend(evidence_of(view, serving, std::slice::from_ref(witness)));
    }
    let [_, witness] = &served.pair.witness;
    finding.witness = Some(witness.clone());
    Some(finding)
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
