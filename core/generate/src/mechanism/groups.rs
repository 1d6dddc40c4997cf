//! Writes a group and a managed policy for each slot.

use iam::Document;

use crate::approval::{deny_without_mfa, slot_statements};
use crate::plan::{Group, Plan, PlanError};
use crate::spec::Spec;

/// `guardrails` are the names of further policies for every group.
pub(crate) fn add(plan: &mut Plan, spec: &Spec, guardrails: &[String]) -> Result<(), PlanError> {
    for slot in spec.slots.iter() {
        let name = format!("{}{slot}", spec.prefix);
        let mut statements = slot_statements(spec, slot);
        if let Some(mfa) = spec.mfa {
            statements.extend(deny_without_mfa(&spec.targets, &spec.slots, mfa));
        }
        let description = format!("Two-person rule: approve {slot}");
        let mut policies = plan.add_policy(&name, &description, Document { statements })?;
        policies.extend_from_slice(guardrails);
        plan.add_group(Group { name, policies, members: Vec::new() })?;
    }
    Ok(())
}
