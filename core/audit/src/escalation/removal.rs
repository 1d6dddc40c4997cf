//! Writes that remove what denies a principal a slot: it leaves a group, or takes a policy off.

use std::collections::BTreeSet;

use iam::Effect;
use iam::account::{Actor, Identity, PolicyId};

use super::trial::Trial;
use crate::account_view::AccountView;
use crate::action::Action;
use crate::of_aws::is_of_aws;

/// A holder of policies that apply to a principal, and the writes that remove them.
struct Holder<'a> {
    arn: &'a str,
    policies: &'a [PolicyId],
    detach: Action,
    delete: Action,
    /// The write that removes all of them at once.
    leave: Option<Action>,
}

/// Tries the removals that an actor may make, from itself and from the roles that it may become.
pub(super) fn attempt<'a>(view: &AccountView<'a>, actor: Actor, writes: &mut Trial<'_, 'a>) {
    if !view.reach.permissions.might_any(actor, &REMOVALS) {
        return;
    }
    for of in view.selves(actor) {
        // Only a denial is worth removing.
        let state = view.reach.permissions.state(of);
        let denies = state.grants.identity.iter().flat_map(|(_, policy)| &policy.statements);
        if denies.clone().all(|statement| statement.effect == Effect::Allow) {
            continue;
        }
        let holders = holders(view, of);
        for (at, holder) in holders.iter().enumerate() {
            let elsewhere = holders.iter().enumerate().filter(|(other, _)| *other != at);
            let elsewhere: BTreeSet<PolicyId> =
                elsewhere.flat_map(|(_, other)| other.policies).copied().collect();
            let without = |gone: &dyn Fn(PolicyId) -> bool| {
                let mut state = state.clone();
                state.grants.identity.retain(|(id, _)| elsewhere.contains(id) || !gone(*id));
                Some(state)
            };
            if let Some(leave) = holder.leave {
                writes
                    .offer(leave, holder.arn, of, || without(&|id| holder.policies.contains(&id)));
            }
            for policy in holder.policies {
                let is_managed =
                    view.account().policy(*policy).is_some_and(|stored| stored.arn.is_some());
                let action = if is_managed { holder.detach } else { holder.delete };
                writes.offer(action, holder.arn, of, || without(&|id| id == *policy));
            }
        }
    }
}

/// The actions that are tried.
pub(crate) const REMOVALS: [Action; 9] = [
    Action::RemoveUserFromGroup,
    Action::DetachUserPolicy,
    Action::DeleteUserPolicy,
    Action::DetachGroupPolicy,
    Action::DeleteGroupPolicy,
    Action::DetachRolePolicy,
    Action::DeleteRolePolicy,
    Action::DetachControl,
    Action::UpdateControl,
];

/// The holders of an actor's policies: itself and its groups.
fn holders<'a>(view: &AccountView<'a>, actor: Actor) -> Vec<Holder<'a>> {
    let account = view.account();
    let is_of_aws = |identity: &Identity| matches!(actor, Actor::Role(_)) && is_of_aws(identity);
    let Some(identity) = account.identity(actor).filter(|identity| !is_of_aws(identity)) else {
        return Vec::new();
    };
    let (detach, delete, groups) = match actor {
        Actor::User(at) => {
            let groups = account.user(at).map_or(&[][..], |user| &user.groups);
            (Action::DetachUserPolicy, Action::DeleteUserPolicy, groups)
        }
        Actor::Role(_) => (Action::DetachRolePolicy, Action::DeleteRolePolicy, &[][..]),
    };
    let itself =
        Holder { arn: &identity.arn, policies: &identity.policies, detach, delete, leave: None };
    let groups = groups.iter().filter_map(|at| account.group(*at));
    let groups = groups.map(|group| Holder {
        arn: &group.arn,
        policies: &group.policies,
        detach: Action::DetachGroupPolicy,
        delete: Action::DeleteGroupPolicy,
        leave: Some(Action::RemoveUserFromGroup),
    });
    std::iter::once(itself).chain(groups).collect()
}
