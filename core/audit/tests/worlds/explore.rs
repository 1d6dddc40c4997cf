//! What one human can get to: every state that calls lead to, until nothing is new.

use std::collections::HashSet;

use super::account::{ADMINISTRATOR, Identity, World};
use super::moves::{State, Step};
use super::policy;

/// What it takes one human to answer two approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing: the principal itself may.
    Alone,
    /// Roles that trust the principal.
    ByRoles,
    /// One write to IAM, or one role that is passed.
    ByOneWrite,
    ByWrites,
    Never,
    /// There are too many states.
    Unknown,
}

/// What a search finds.
#[derive(Clone, Debug)]
pub(crate) enum Answers {
    /// Both approvals, after these calls.
    Both(Vec<Step>),
    NotBoth,
    Unknown,
}

impl PartialEq for Answers {
    /// The calls may differ.
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The states that a search makes before it gives up.
const BOUND: usize = 500;

/// Returns what a human needs who starts with the credentials of one principal.
pub(crate) fn reach(world: &World, principal: &'static str) -> Reach {
    let start = State::new(world, principal);
    if start.has_both() {
        return Reach::Alone;
    }
    let by_roles = |from: &State| matches!(search(from, State::after_assuming), Answers::Both(_));
    if by_roles(&start) {
        return Reach::ByRoles;
    }
    match search(&start, gains_first) {
        Answers::Unknown => Reach::Unknown,
        Answers::NotBoth => Reach::Never,
        Answers::Both(_) if everything(&start).iter().any(|(_, next)| by_roles(next)) => {
            Reach::ByOneWrite
        }
        Answers::Both(_) => Reach::ByWrites,
    }
}

/// The calls that the explorer finds, for people who read about a difference.
pub(crate) fn way(world: &World, principal: &'static str) -> Vec<Step> {
    match explore(world, principal, gains_first) {
        Answers::Both(steps) => steps,
        Answers::NotBoth | Answers::Unknown => Vec::new(),
    }
}

/// Searches from the credentials of one principal, with some of the calls in each state.
pub(crate) fn explore(
    world: &World,
    principal: &'static str,
    next: impl Fn(&State) -> Vec<(Step, State)>,
) -> Answers {
    search(&State::new(world, principal), next)
}

fn search(start: &State, next: impl Fn(&State) -> Vec<(Step, State)>) -> Answers {
    if start.has_both() {
        return Answers::Both(Vec::new());
    }
    let mut seen = HashSet::from([start.clone()]);
    let mut waiting = vec![(start.clone(), Vec::new())];
    let mut made = 0;
    // The newest first: it has gained the most.
    while let Some((state, steps)) = waiting.pop() {
        let following = next(&state);
        made += following.len();
        for (step, following) in following {
            let steps = [steps.as_slice(), &[step]].concat();
            if following.has_both() {
                return Answers::Both(steps);
            }
            if seen.insert(following.clone()) {
                waiting.push((following, steps));
            }
        }
        if made > BOUND {
            return Answers::Unknown;
        }
    }
    Answers::NotBoth
}

/// The states that follow.
pub(crate) fn everything(state: &State) -> Vec<(Step, State)> {
    state.after_anything(|_, _| false)
}

/// The states that follow. If a call only adds to what the human can do, now and later, it is made
/// first and no other is looked at: another call leads to the same and more afterwards.
/// Calls that only take away lead nowhere.
pub(crate) fn gains_first(state: &State) -> Vec<(Step, State)> {
    let is_best = |old: &State, new: &State| new.has_both() || only_gains(old, new);
    let mut following = state.after_anything(is_best);
    if following.len() > 1 {
        following.retain(|(_, next)| !only_gains(next, state));
    }
    following
}

/// Whether everything that the human could do in one state, it can do in another, now and after any
/// further calls.
fn only_gains(old: &State, new: &State) -> bool {
    let (before, after) = (&old.world, &new.world);
    let identities = before.identities.iter().all(|(arn, identity)| {
        identity == &after.identities[arn] || gains(before, identity, &after.identities[arn])
    });
    let policies = before.policies.iter().all(|(arn, managed)| {
        let now = &after.policies[arn];
        managed == now || now.versions[now.default] == policy::everything()
    });
    let control = after.control.is_none() || after.control == before.control;
    identities && policies && control
}

fn gains(world: &World, old: &Identity, new: &Identity) -> bool {
    let everything = policy::everything();
    let adds_nothing_else = new
        .inline
        .iter()
        .all(|(name, document)| old.inline.get(name) == Some(document) || *document == everything);
    let loses_denials_only = old
        .inline
        .iter()
        .all(|(name, document)| new.inline.contains_key(name) || !policy::has(document, true));
    // A version with a denial may come into force later.
    let may_deny = |arn: &str| {
        world.policies[arn].versions.iter().any(|document| policy::has(document, false))
    };
    let attached = old.attached.is_subset(&new.attached)
        && new.attached.difference(&old.attached).all(|arn| !may_deny(arn));
    // A policy with a denial may be attached to a group later.
    let joins = new.groups.difference(&old.groups).all(|group| {
        let inline = world.identities[group].inline.values();
        !world.policies.keys().any(|arn| may_deny(arn))
            && inline.into_iter().all(|document| !policy::has(document, false))
    });
    let unbounded = old.boundary == new.boundary
        || new.boundary.is_none()
        || new.boundary == Some(ADMINISTRATOR);
    let trust = old.trust == new.trust || new.trust == policy::open_to_all();
    adds_nothing_else
        && loses_denials_only
        && attached
        && old.groups.is_subset(&new.groups)
        && joins
        && unbounded
        && trust
}
