//! A value for each actor of an account.

use iam::account::{Account, Actor, RoleIx, UserIx};

/// A value for each actor of an account. A lookup costs no hashing: audits make millions.
pub(crate) struct ByActor<T> {
    users: Vec<T>,
    roles: Vec<T>,
}

impl<T> ByActor<T> {
    /// Computes the value of every actor.
    pub(crate) fn new(account: &Account, value: impl Fn(Actor) -> T) -> Self {
        Self {
            users: account.users_by_ix().map(|(at, _)| value(Actor::User(at))).collect(),
            roles: account.roles_by_ix().map(|(at, _)| value(Actor::Role(at))).collect(),
        }
    }

    /// The value of an actor. `None` if the account does not have the actor.
    pub(crate) fn get(&self, actor: Actor) -> Option<&T> {
        match actor {
            Actor::User(UserIx(at)) => self.users.get(at),
            Actor::Role(RoleIx(at)) => self.roles.get(at),
        }
    }
}
