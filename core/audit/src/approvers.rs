//! Who may approve: for a rule to start from.

use iam::account::{Account, Actor};

use crate::account_view::AuditError;
use crate::reach_index::ReachIndex;
use crate::scope::Scope;

/// The users and roles that may serve any of the slots with their own permissions, for certain or
/// if open conditions hold.
///
/// # Errors
/// If a principal's policies cannot be decided exactly.
pub fn approvers(account: &Account, scope: &Scope) -> Result<Vec<Actor>, AuditError> {
    let reach = ReachIndex::new(account, scope)?;
    Ok(account.actors().filter(|actor| reach.slots_of(*actor).any()).collect())
}
