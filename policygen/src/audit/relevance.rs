//! Which policies are about an action: asked first, so that most policies are never looked at again.

use std::collections::BTreeSet;

use iam::Effect;
use iam::account::{Account, Actor, PolicyId};
use iam::policy::{ResourceElement, Statement};

/// Which policies are about an action.
#[derive(Default)]
pub(super) struct Relevance {
    /// By the policy's place: whether it allows the action of anything, denies it of anything, and which condition keys
    /// decide.
    policies: Vec<Option<AboutIt>>,
    /// By the places of the users and of the roles: who has a policy that allows the action of anything.
    might: [Vec<bool>; 2],
    /// The action, in lower case.
    pub(super) action: String,
}

#[derive(Default)]
pub(super) struct AboutIt {
    allows: bool,
    /// The condition keys that decide.
    pub(super) keys: BTreeSet<String>,
}

impl Relevance {
    /// `touching` are the policies that may be about the action's service.
    pub(super) fn of(account: &Account, action: &str, touching: &[bool]) -> Self {
        let action = action.to_lowercase();
        let about = |statement: &&Statement| statement.actions.include(&action);
        let policies = account.policies().zip(touching).map(|((_, kept), touches)| {
            let mut found: Option<AboutIt> = None;
            if !touches {
                return None;
            }
            for statement in kept.policy.statements.iter().filter(about) {
                let about = found.get_or_insert_default();
                about.allows |= statement.effect == Effect::Allow;
                about.keys.extend(keys(statement).map(str::to_owned));
            }
            found
        });
        let policies: Vec<Option<AboutIt>> = policies.collect();
        let mut relevance = Self {
            policies,
            might: Default::default(),
            action,
        };
        let might = |actor: Actor| account.policies_of(actor).any(|id| relevance.allows(id));
        relevance.might = [
            (0..account.users.len()).map(|at| might(Actor::User(at))).collect(),
            (0..account.roles.len()).map(|at| might(Actor::Role(at))).collect(),
        ];
        relevance
    }

    pub(super) fn might(&self, actor: Actor) -> bool {
        let [users, roles] = &self.might;
        let might = match actor {
            Actor::User(at) => users.get(at),
            Actor::Role(at) => roles.get(at),
        };
        might.is_some_and(|might| *might)
    }

    pub(super) fn about(&self, id: PolicyId) -> Option<&AboutIt> {
        self.policies.get(id.place())?.as_ref()
    }

    pub(super) fn has(&self, id: PolicyId) -> bool {
        self.about(id).is_some()
    }

    pub(super) fn allows(&self, id: PolicyId) -> bool {
        self.about(id).is_some_and(|about| about.allows)
    }
}

/// The condition keys that decide about a statement.
fn keys(statement: &Statement) -> impl Iterator<Item = &str> {
    let resources = match &statement.resources {
        None => &[][..],
        Some(ResourceElement::These(templates) | ResourceElement::AllBut(templates)) => templates,
    };
    let of_conditions = statement.conditions.iter().flat_map(|condition| condition.keys());
    resources
        .iter()
        .flat_map(|template| template.keys())
        .chain(of_conditions)
}
