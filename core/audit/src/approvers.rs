//! Who may approve: for a rule to start from.

use iam::account::{Account, Actor};

use super::picture::AuditError;
use super::scope::Scope;
use super::survey::Survey;

/// The users and roles that may serve any of the slots with their own permissions, for certain or
/// if open conditions hold.
///
/// # Errors
/// If a principal's policies cannot be decided exactly.
pub fn approvers(account: &Account, scope: &Scope) -> Result<Vec<Actor>, AuditError> {
    let survey = Survey::new(account, scope)?;
    Ok(account.actors().filter(|actor| survey.approvals(*actor).any()).collect())
}
