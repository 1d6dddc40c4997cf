//! `policygen audit`: can one human serve two slots of one pipeline, by any path?

mod action;
mod alike;
mod approvers;
mod attempts;
mod checks;
mod escalation;
mod evidence;
mod people;
mod permissions;
mod picture;
mod relevance;
mod removal;
mod roads;
mod scope;
mod second;
mod survey;

pub use approvers::approvers;
pub use checks::CATALOG;
pub use picture::AuditError;
pub use scope::{Scope, Slot, SlotError};
pub use survey::UndecidedError;

use iam::Policy;
use iam::account::Account;
use rule::Rule;

use self::picture::Picture;
use findings::Finding;

/// Finds everything that lets one human release alone, or keeps everybody from releasing.
///
/// # Errors
/// [`AuditError`] if a slot's group does not exist, or a principal's policies cannot be decided
/// exactly.
pub fn audit(
    account: &Account,
    scope: &Scope,
    rule: Option<&Rule>,
) -> Result<Vec<Finding>, AuditError> {
    let everything = Policy::allowing_everything();
    let picture = Picture::new(account, scope, rule, &everything)?;
    Ok(checks::find(&picture)?)
}
