//! Writes one group, role or permission set that lets all approvers look and denies them to
//! answer. Answers are given at the desk, as sessions of its own role (`templates/desk.yaml`).

use iam::Statement;

use super::signed;
use crate::approval::{APPROVE, every_slot, view};
use crate::plan::{Plan, PlanError};
use crate::spec::{Spec, WayIn};
use crate::statement::deny;

pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    way_in: Option<&WayIn>,
    guardrails: &[String],
) -> Result<(), PlanError> {
    let (role, answering) = (role_name(spec), answering_role_name(spec));
    plan.notes.push(format!(
        "deploy `templates/desk.yaml` or the Terraform module `desk` with the names `{role}` and \
         `{answering}` for its roles, and put its address into `desk` of `{}`",
        crate::signed_rule::FILE
    ));
    plan.notes.push(format!(
        "the gate refuses `{}` until it has keys: add each approver's line from the desk's page \
         `/enrol` to `signingKeys`, let two people compare every key with the person who made it, \
         and check the result with `policygen doctor --rule`",
        crate::signed_rule::FILE
    ));
    let description = "Two-person rule: see what awaits answers at the desk".to_owned();
    signed::add_for_all(plan, spec, way_in, guardrails, (description, statements(spec)))
}

/// The name of the role of the desk's function.
pub(crate) fn role_name(spec: &Spec) -> String {
    format!("{}Desk", spec.prefix)
}

/// The name of the role that answers are given with.
pub(crate) fn answering_role_name(spec: &Spec) -> String {
    format!("{}DeskAnswers", spec.prefix)
}

fn statements(spec: &Spec) -> Vec<Statement> {
    let mut statements = view(spec);
    statements.push(deny("AnswerAtDeskOnly", &[APPROVE], every_slot(&spec.targets, &spec.slots)));
    statements
}
