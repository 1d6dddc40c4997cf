//! Which policies are about which actions, on resources that matter: asked first, so that most
//! policies are never looked at again.

use iam::account::{Account, Actor, PolicyId};
use iam::policy::{ResourceElement, Statement};
use iam::{Effect, Frame};

use super::action::{Action, Actions, On};
use super::scope::Scope;

/// Which policies are about which actions.
pub(super) struct Relevance {
    /// By the policy's place.
    policies: Vec<OfPolicy>,
    /// By the places of the users and of the roles: what they have policies for that allow it of
    /// anything that matters.
    might: [Vec<Actions>; 2],
    /// By the action's place: its name in lower case.
    names: Vec<String>,
}

#[derive(Clone, Copy, Default)]
struct OfPolicy {
    /// What it allows or denies of anything that matters.
    about: Actions,
    /// What it allows of anything that matters.
    allowed: Actions,
    /// Whether condition keys decide anywhere in it.
    has_keys: bool,
}

impl Relevance {
    pub(super) fn of(account: &Account, scope: &Scope) -> Self {
        let frames = Action::ALL.iter().filter(|action| action.on() != On::Anything);
        let frames: Vec<(Action, Frame)> =
            frames.map(|action| (*action, scope.resources(account, action.on()))).collect();
        let names: Vec<String> =
            Action::ALL.iter().map(|action| action.name().to_lowercase()).collect();
        let mut sorted: Vec<(&String, Action)> = names.iter().zip(Action::ALL).collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let (sorted, places): (Vec<&str>, Vec<Action>) =
            sorted.into_iter().map(|(name, action)| (name.as_str(), action)).unzip();
        let policies = account.policies().map(|(_, kept)| {
            let mut found = OfPolicy::default();
            for statement in &kept.policy.statements {
                let about = statement.actions.among(&sorted).filter_map(|at| places.get(at));
                let mut about = about.fold(Actions::default(), |set, action| set.with(*action));
                for (action, frame) in &frames {
                    if about.has(*action) && !statement.may_be_about(frame) {
                        about = about.without(*action);
                    }
                }
                found.about = found.about.and(about);
                if statement.effect == Effect::Allow {
                    found.allowed = found.allowed.and(about);
                }
                found.has_keys |= keys(statement).next().is_some();
            }
            found
        });
        let mut relevance = Self { policies: policies.collect(), might: Default::default(), names };
        let might = |actor: Actor| {
            let policies = account.policies_of(actor).filter_map(|id| relevance.policy(id));
            policies.fold(Actions::default(), |all, policy| all.and(policy.allowed))
        };
        relevance.might = [
            (0..account.users.len()).map(|at| might(Actor::User(at))).collect(),
            (0..account.roles.len()).map(|at| might(Actor::Role(at))).collect(),
        ];
        relevance
    }

    /// An action's name in lower case.
    pub(super) fn name(&self, action: Action) -> &str {
        self.names.get(action as usize).map_or("", String::as_str)
    }

    /// What some policy of an actor allows of anything.
    pub(super) fn might(&self, actor: Actor) -> Actions {
        let [users, roles] = &self.might;
        let might = match actor {
            Actor::User(at) => users.get(at),
            Actor::Role(at) => roles.get(at),
        };
        might.copied().unwrap_or_default()
    }

    fn policy(&self, id: PolicyId) -> Option<&OfPolicy> {
        self.policies.get(id.place())
    }

    pub(super) fn is_about(&self, id: PolicyId, action: Action) -> bool {
        self.policy(id).is_some_and(|policy| policy.about.has(action))
    }

    pub(super) fn allows(&self, id: PolicyId, action: Action) -> bool {
        self.policy(id).is_some_and(|policy| policy.allowed.has(action))
    }

    pub(super) fn has_keys(&self, id: PolicyId) -> bool {
        self.policy(id).is_some_and(|policy| policy.has_keys)
    }
}

/// The condition keys that decide about a statement.
pub(super) fn keys(statement: &Statement) -> impl Iterator<Item = &str> {
    let resources = match &statement.resources {
        None => &[][..],
        Some(ResourceElement::These(templates) | ResourceElement::AllBut(templates)) => templates,
    };
    let of_conditions = statement.conditions.iter().flat_map(|condition| condition.keys());
    resources.iter().flat_map(|template| template.keys()).chain(of_conditions)
}
