//! Which policies are about which actions, on resources that matter. It is asked first, so most
//! policies are read once and never again.

use std::collections::HashMap;
use std::sync::Arc;

use iam::account::{Account, Actor, PolicyId};
use iam::policy::{ResourceElement, Statement};
use iam::{Effect, Frame, Policy};

use crate::action::{Action, Actions};
use crate::by_actor::ByActor;
use crate::scope::Scope;
use crate::ways::{self, Way};

/// Which policies are about which actions, on resources that matter.
pub(super) struct PolicyIndex {
    policies: Vec<PolicyEntry>,
    /// The actions that some policy of each actor allows.
    might: ByActor<Actions>,
    /// The name of each action in lower case, in the order of [`Action::ALL`].
    names: Vec<String>,
}

/// What one policy says.
#[derive(Clone, Copy, Default)]
struct PolicyEntry {
    /// The actions that it allows or denies.
    about: Actions,
    /// The actions that it allows.
    allowed: Actions,
    /// Whether it uses condition keys.
    has_keys: bool,
}

impl PolicyIndex {
    pub(super) fn new(account: &Account, scope: &Scope, ways: &[Way]) -> Self {
        let frames = Action::ALL
            .iter()
            .filter_map(|action| Some((*action, ways::frames(account, scope, ways, *action)?)));
        let frames: Vec<(Action, Vec<Frame>)> = frames.collect();
        let names: Vec<String> =
            Action::ALL.iter().map(|action| action.name().to_lowercase()).collect();
        let mut sorted: Vec<(&String, Action)> = names.iter().zip(Action::ALL).collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let (sorted, actions): (Vec<&str>, Vec<Action>) =
            sorted.into_iter().map(|(name, action)| (name.as_str(), action)).unzip();
        let read = |policy: &Policy| {
            let mut entry = PolicyEntry::default();
            for statement in &policy.statements {
                let about = statement.actions.among(&sorted).filter_map(|at| actions.get(at));
                let mut about = about.fold(Actions::default(), |set, action| set.with(*action));
                for (action, frames) in &frames {
                    let may_be = || frames.iter().any(|frame| statement.may_be_about(frame));
                    if about.has(*action) && !may_be() {
                        about = about.without(*action);
                    }
                }
                entry.about = entry.about.and(about);
                if statement.effect == Effect::Allow {
                    entry.allowed = entry.allowed.and(about);
                }
                entry.has_keys |= keys(statement).next().is_some();
            }
            entry
        };
        // Policies with the same text share it.
        let mut known: HashMap<*const Policy, PolicyEntry> = HashMap::new();
        let policies = account.policies().map(|(_, stored)| {
            *known.entry(Arc::as_ptr(&stored.policy)).or_insert_with(|| read(&stored.policy))
        });
        let policies: Vec<PolicyEntry> = policies.collect();
        let might = ByActor::new(account, |actor| {
            let own = account.policies_of(actor).filter_map(|id| policies.get(id.place()));
            own.fold(Actions::default(), |all, policy| all.and(policy.allowed))
        });
        Self { policies, might, names }
    }

    /// The name of an action in lower case.
    pub(super) fn name(&self, action: Action) -> &str {
        self.names.get(action as usize).map_or("", String::as_str)
    }

    /// The actions that some policy of an actor allows.
    pub(super) fn might(&self, actor: Actor) -> Actions {
        self.might.get(actor).copied().unwrap_or_default()
    }

    fn policy(&self, id: PolicyId) -> Option<&PolicyEntry> {
        self.policies.get(id.place())
    }

    /// Whether a policy allows or denies an action.
    pub(super) fn is_about(&self, id: PolicyId, action: Action) -> bool {
        self.policy(id).is_some_and(|policy| policy.about.has(action))
    }

    /// The actions that a policy allows.
    pub(super) fn allowed(&self, id: PolicyId) -> Actions {
        self.policy(id).map_or(Actions::default(), |policy| policy.allowed)
    }

    /// Whether a policy allows an action.
    pub(super) fn allows(&self, id: PolicyId, action: Action) -> bool {
        self.policy(id).is_some_and(|policy| policy.allowed.has(action))
    }

    /// Whether a policy uses condition keys.
    pub(super) fn has_keys(&self, id: PolicyId) -> bool {
        self.policy(id).is_some_and(|policy| policy.has_keys)
    }
}

/// The condition keys that a statement uses: in conditions, and as variables in resources.
pub(super) fn keys(statement: &Statement) -> impl Iterator<Item = &str> {
    let resources = match &statement.resources {
        None => &[][..],
        Some(ResourceElement::These(resources) | ResourceElement::AllBut(resources)) => {
            resources.templates()
        }
    };
    let of_conditions = statement.conditions.iter().flat_map(|condition| condition.keys());
    resources.iter().flat_map(|template| template.keys()).chain(of_conditions)
}
