//! Writes one group, role or permission set for all approvers. They may answer every slot, because
//! the gate counts the people who signed and not the principals that carried the signatures.

use iam::{Document, Statement};

use super::{permission_sets, roles};
use crate::approval::{APPROVE, deny_without_mfa, every_slot, view};
use crate::plan::{Group, PermissionSet, Plan, PlanError};
use crate::spec::{Spec, WayIn};
use crate::statement::allow;

pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    way_in: Option<&WayIn>,
    guardrails: &[String],
) -> Result<(), PlanError> {
    let name = name(spec);
    let description = "Two-person rule: answer every slot, with a signature".to_owned();
    plan.notes.push(format!(
        "`{}` is the rule to start from, and the gate refuses it until it has keys: add each \
         approver's line from `desk enrol` to `signingKeys`, let two people compare every key with \
         the person who made it, and check the result with `policygen doctor --rule`",
        crate::signed_rule::FILE
    ));
    plan.notes.push(format!(
        "put that rule in force before anybody gets `{name}`: IAM lets its holders answer every \
         slot, and only `requireSignature` in the gate's own rule makes the gate count signatures"
    ));
    let mut statements = statements(spec);
    if let (None, Some(mfa)) = (way_in, spec.mfa) {
        statements.extend(deny_without_mfa(&spec.targets, &spec.slots, mfa));
    }
    add_for_all(plan, spec, way_in, guardrails, (description, statements))
}

/// One group, role or permission set for all approvers.
pub(super) fn add_for_all(
    plan: &mut Plan,
    spec: &Spec,
    way_in: Option<&WayIn>,
    guardrails: &[String],
    (description, statements): (String, Vec<Statement>),
) -> Result<(), PlanError> {
    let name = name(spec);
    match way_in {
        None => {
            let mut policies = plan.add_policy(&name, &description, Document { statements })?;
            policies.extend_from_slice(guardrails);
            plan.add_group(Group { name, policies, members: Vec::new() })
        }
        Some(WayIn::Role(who)) => {
            let document = Document { statements };
            roles::add_role(plan, spec, who, (name, description), document, guardrails)
        }
        Some(WayIn::PermissionSet(instance)) => {
            permission_sets::note_guardrails(plan, guardrails);
            plan.add_permission_set(PermissionSet {
                name,
                description,
                instance: instance.to_string(),
                document: Document { statements },
            })
        }
    }
}

/// The name of the group, role or permission set.
pub(crate) fn name(spec: &Spec) -> String {
    format!("{}Approvers", spec.prefix)
}

fn statements(spec: &Spec) -> Vec<Statement> {
    let every = every_slot(&spec.targets, &spec.slots);
    let mut statements = vec![allow("AnswerEverySlot", &[APPROVE], every)];
    statements.extend(view(spec));
    if !spec.approve_only {
        // `desk` judges an answer by the gate's rule before it is given.
        let (targets, gate) = (&spec.targets, &spec.gate_function);
        statements.push(allow(
            "SeeRule",
            &["lambda:GetFunctionConfiguration"],
            targets.function_arns(gate),
        ));
        statements.push(allow(
            "ReadRuleLayer",
            &["lambda:GetLayerVersion"],
            targets.rule_layer_arns(gate),
        ));
    }
    statements
}
