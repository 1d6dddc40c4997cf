//! The users and roles that may approve, for the draft of a rule.

use iam::account::{Account, Actor};

use crate::reach_index::ReachIndex;
use crate::scope::Scope;

/// The users and roles that may serve at least one of the slots with their own permissions, perhaps
/// only under conditions. If that cannot be decided, they count too.
#[must_use]
pub fn approvers(account: &Account, scope: &Scope) -> Vec<Actor> {
    let reach = ReachIndex::new(account, scope);
    account.actors().filter(|actor| reach.slots_of(*actor).any()).collect()
}
