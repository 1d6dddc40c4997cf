//! The users and roles that may approve, for the draft of a rule.

use iam::account::{Account, Actor};

use crate::account_view::AuditError;
use crate::reach_index::ReachIndex;
use crate::scope::Scope;

/// The users and roles that may serve at least one of the slots with their own permissions, perhaps
/// only under conditions.
///
/// # Errors
/// [`AuditError`] if a principal's policies cannot be decided exactly.
pub fn approvers(account: &Account, scope: &Scope) -> Result<Vec<Actor>, AuditError> {
    let reach = ReachIndex::new(account, scope)?;
    Ok(account.actors().filter(|actor| reach.slots_of(*actor).any()).collect())
}
