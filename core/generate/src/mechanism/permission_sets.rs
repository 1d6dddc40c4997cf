//! Writes a permission set of IAM Identity Center for each slot. It becomes a role in each account
//! that it is assigned to.

use iam::Document;

use crate::approval::slot_statements;
use crate::name::IdentityCenter;
use crate::plan::{PermissionSet, Plan, PlanError};
use crate::spec::Spec;

pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    instance: &IdentityCenter,
    guardrails: &[String],
) -> Result<(), PlanError> {
    let mut roles = Vec::new();
    for slot in spec.slots.iter() {
        let name = format!("{}{slot}", spec.prefix);
        roles.push(format!("`AWSReservedSSO_{name}_*`"));
        plan.add_permission_set(PermissionSet {
            name,
            description: format!("Two-person rule: approve {slot}"),
            instance: instance.to_string(),
            document: Document { statements: slot_statements(spec, slot) },
        })?;
    }
    note_guardrails(plan, guardrails);
    plan.notes.push(format!(
        "IAM Identity Center sets the names of the sessions of these roles: list {} in \
         `trustedSessionRoles` of the gate's rule",
        roles.join(", ")
    ));
    Ok(())
}

/// Says how permission sets get the guardrails. A set refers to a managed policy by name,
/// and the policy must exist in every account that the set is assigned to.
pub(super) fn note_guardrails(plan: &mut Plan, guardrails: &[String]) {
    if !guardrails.is_empty() {
        plan.notes.push(format!(
            "create {} in each account of the permission sets, and attach it to them as a customer \
             managed policy",
            guardrails.join(", ")
        ));
    }
}
