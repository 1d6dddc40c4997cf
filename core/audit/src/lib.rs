//! `policygen audit`: can one human serve two slots of one pipeline, by any path?

mod account_view;
mod action;
mod answerer;
mod approvers;
mod by_actor;
mod bypass;
mod checks;
mod closure;
mod counted;
mod credentials;
mod entered_roles;
mod equivalence_class;
mod escalation;
mod evidence;
pub mod identity_center;
mod machines;
mod of_aws;
mod outsiders;
mod passing;
mod people;
mod permissions;
mod policy_index;
mod reach_index;
mod release;
mod role_chains;
mod running;
mod scope;
mod second_factor;
mod second_person;
mod session_naming;
mod steps;
mod targets;
mod ways;
mod witness;

use findings::Finding;
use iam::Policy;
use iam::account::Account;
use rule::Rule;

use self::account_view::AccountView;
use self::identity_center::IdentityCenter;

pub use account_view::AuditError;
pub use approvers::approvers;
pub use checks::CATALOG;
pub use release::{Artifacts, Release, Target, TargetKind};
pub use scope::{Scope, Slot, SlotError};

/// Finds everything that lets one human release alone, or keeps everybody from releasing. Without
/// the lists of IAM Identity Center, nobody knows who has its roles.
///
/// # Errors
/// [`AuditError`] if a slot's group or the desk's role does not exist.
pub fn audit(
    account: &Account,
    scope: &Scope,
    rule: Option<&Rule>,
    identity_center: Option<&IdentityCenter>,
) -> Result<Vec<Finding>, AuditError> {
    let everything = Policy::allowing_everything();
    let view = AccountView::new(account, scope, rule, identity_center, &everything)?;
    Ok(checks::find(&view))
}
