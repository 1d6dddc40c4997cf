//! Changes to the permissions of an actor, and what it may do after them.

use std::collections::{BTreeMap, BTreeSet};

use iam::account::{Actor, GroupIx, PolicyId};

use super::Step;
use crate::account_view::AccountView;
use crate::permissions::{As, State};
use crate::steps;

/// One change to the permissions of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// A policy that allows everything is added.
    Everything,
    /// A policy of the account is attached.
    Attached(PolicyId),
    /// The user joins a group.
    Joined(GroupIx),
    /// The user leaves a group.
    Left(GroupIx),
    /// A policy of the actor itself is taken off, or overwritten.
    Off(PolicyId),
    /// A policy of a group is taken off, or overwritten.
    OffGroup(GroupIx, PolicyId),
    /// A policy of a group that the user joins is taken off, or overwritten.
    OffJoined(GroupIx, PolicyId),
    /// A policy of the account is attached to a group that the user joins.
    AttachedToJoined(GroupIx, PolicyId),
    /// A policy that allows everything is added to a group that the user joins.
    EverythingToJoined(GroupIx),
    /// The text of a policy allows everything now.
    Rewritten(PolicyId),
    /// Another version of a policy is in force: its place among the others.
    Version(PolicyId, usize),
    /// The permissions boundary is removed.
    Unbounded,
    /// The tags may be anything.
    Retagged,
    /// No service control policy applies.
    Uncontrolled,
}

impl Change {
    /// The group that the user has to join. Otherwise the change does nothing.
    pub(super) fn joined(self) -> Option<GroupIx> {
        match self {
            Self::Joined(group)
            | Self::OffJoined(group, _)
            | Self::AttachedToJoined(group, _)
            | Self::EverythingToJoined(group) => Some(group),
            Self::Everything
            | Self::Attached(_)
            | Self::Left(_)
            | Self::Off(_)
            | Self::OffGroup(..)
            | Self::Rewritten(_)
            | Self::Version(..)
            | Self::Unbounded
            | Self::Retagged
            | Self::Uncontrolled => None,
        }
    }
}

/// Changes that can be made to one actor, each with the first step that makes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    made: BTreeMap<Change, (usize, Vec<Step>)>,
    /// The sets of them that were tried.
    tried: BTreeSet<Vec<Change>>,
}

impl Changes {
    /// Whether a change is noted.
    pub(super) fn has(&self, change: Change) -> bool {
        self.made.contains_key(&change)
    }

    /// The number of changes that are noted.
    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// Notes a change, with the form that makes it, unless it is noted already.
    pub(super) fn note(&mut self, change: Change, by: usize, steps: Vec<Step>) {
        self.made.entry(change).or_insert((by, steps));
    }

    /// All changes that are noted.
    pub(super) fn all(&self) -> impl Iterator<Item = Change> {
        self.made.keys().copied()
    }

    /// Whether a set of them is asked about for the first time.
    pub(super) fn is_first_try(&mut self, set: &[Change]) -> bool {
        self.tried.insert(set.to_vec())
    }

    /// The forms that make these changes, and the steps.
    pub(super) fn steps(&self, changes: &[Change]) -> (BTreeSet<usize>, Vec<Step>) {
        let made = changes.iter().filter_map(|change| self.made.get(change));
        let (by, all): (BTreeSet<usize>, Vec<&Vec<Step>>) =
            made.map(|(by, steps)| (*by, steps)).unzip();
        let mut chain = Vec::new();
        chain.extend(all.into_iter().flatten());
        (by, steps::each_once(chain))
    }
}

/// The permissions of an actor after changes.
pub(super) fn after<'a>(view: &AccountView<'a>, actor: Actor, changes: &[Change]) -> As<'a> {
    let account = view.account();
    let mut state: State<'a> = view.reach.permissions.whole_state(actor);
    let identity = &mut state.grants.identity;
    // A policy that the actor has in several ways goes only if it goes in each of them.
    let own = account.identity(actor).map_or(&[][..], |identity| &identity.policies);
    let groups = match actor {
        Actor::User(at) => account.user(at).map_or(&[][..], |user| &user.groups),
        Actor::Role(_) => &[],
    };
    let mut kept: BTreeSet<PolicyId> =
        own.iter().filter(|id| !changes.contains(&Change::Off(**id))).copied().collect();
    for at in groups.iter().filter(|at| !changes.contains(&Change::Left(**at))) {
        let policies = account.group(*at).into_iter().flat_map(|group| &group.policies);
        kept.extend(policies.filter(|id| !changes.contains(&Change::OffGroup(*at, **id))));
    }
    identity.retain(|(id, _)| kept.contains(id));
    for change in changes {
        match change {
            Change::Everything | Change::EverythingToJoined(_) => {
                identity.push((PolicyId::SUPPOSED, view.everything));
            }
            Change::Attached(id) | Change::AttachedToJoined(_, id) => {
                identity.extend(account.policy(*id).map(|stored| (*id, &*stored.policy)));
            }
            Change::Joined(at) => {
                let grants = account.group(*at).map(|group| account.group_grants(group).identity);
                let kept = grants.into_iter().flatten();
                identity
                    .extend(kept.filter(|(id, _)| !changes.contains(&Change::OffJoined(*at, *id))));
            }
            Change::Rewritten(_)
            | Change::Version(..)
            | Change::Left(_)
            | Change::Off(_)
            | Change::OffGroup(..)
            | Change::OffJoined(..)
            | Change::Unbounded
            | Change::Retagged
            | Change::Uncontrolled => {}
        }
    }
    for change in changes {
        match change {
            Change::Rewritten(id) => state.grants.replace(*id, view.everything),
            Change::Version(id, place) => {
                let other =
                    account.policy(*id).and_then(|stored| stored.other_versions.get(*place));
                if let Some(other) = other {
                    state.grants.replace(*id, other);
                }
            }
            Change::Unbounded => state.grants.limits.boundary = None,
            Change::Uncontrolled => state.grants.limits.controls.clear(),
            Change::Retagged => state.context = account.retagged(actor, state.context),
            Change::Everything
            | Change::Attached(_)
            | Change::Joined(_)
            | Change::Left(_)
            | Change::Off(_)
            | Change::OffGroup(..)
            | Change::OffJoined(..)
            | Change::AttachedToJoined(..)
            | Change::EverythingToJoined(_) => {}
        }
    }
    As::after(state)
}
