//! `policygen audit`: can one human serve two slots of one pipeline, by any path?

mod account_view;
mod action;
mod answer;
mod answerer;
mod approvers;
mod by_actor;
mod bypass;
mod checks;
mod closure;
mod counted;
mod credentials;
mod declared;
mod drift;
mod elsewhere;
mod entered_roles;
mod equivalence_class;
mod escalation;
mod evidence;
mod gate_role;
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

use findings::Found;
use iam::Policy;
use iam::account::Account;
use rule::Rule;

use self::account_view::AccountView;
use self::identity_center::IdentityCenter;

pub use account_view::AuditError;
pub use approvers::approvers;
pub use checks::CATALOG;
pub use declared::{DeclaredMembers, DeployedRule, MemberPlace};
pub use release::{Artifacts, Release, Target, TargetKind};
pub use scope::{Scope, Slot, SlotError};

/// Finds everything that lets one human release alone, or keeps everybody from releasing, and who
/// can approve two slots in one sentence. Without the lists of IAM Identity Center, nobody knows
/// who has its roles.
///
/// # Errors
/// [`AuditError`] if a slot's group or the desk's role does not exist.
pub fn audit(
    account: &Account,
    scope: &Scope,
    rule: Option<&Rule>,
    identity_center: Option<&IdentityCenter>,
) -> Result<Found, AuditError> {
    let everything = Policy::allowing_everything();
    let view = AccountView::new(account, scope, rule, identity_center, &everything)?;
    let findings = checks::find(&view);
    let slots: Vec<&str> = scope.slots_by_ix().map(|(slot, _)| view.slot(slot)).collect();
    let answer = Some(answer::answer(&findings, &slots));
    Ok(Found { findings, answer, elsewhere: elsewhere::find(&view) })
}
