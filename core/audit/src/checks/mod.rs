//! The rules of the audit: one file each, of the name of its code.

mod approver_without_mfa;
mod can_approve_both;
mod can_approve_both_if;
mod can_approve_both_through_role;
mod can_bypass_gate;
mod can_grant_itself;
mod can_invoke_gate;
mod can_make_second_person;
mod depends_on_one_person;
mod look_alike_role;
mod machine_can_approve;
mod member_of_both_groups;
mod no_valid_pair;
mod one_person_on_two_slots;
mod session_name_not_pinned;
mod session_names_from_provider;
mod shared_approver_role;
mod slot_without_approver;

use super::picture::Picture;
use super::survey::SurveyError;
use findings::Finding;
use findings::{Catalog, Check};

/// Everything that the audit looks for.
pub const CATALOG: Catalog = Catalog { page: "docs/audit.md", checks: &CHECKS };

const CHECKS: [Check; 18] = [
    member_of_both_groups::CHECK,
    can_approve_both::CHECK,
    can_approve_both_if::CHECK,
    can_approve_both_through_role::CHECK,
    look_alike_role::CHECK,
    one_person_on_two_slots::CHECK,
    can_grant_itself::CHECK,
    can_make_second_person::CHECK,
    can_bypass_gate::CHECK,
    can_invoke_gate::CHECK,
    session_name_not_pinned::CHECK,
    session_names_from_provider::CHECK,
    shared_approver_role::CHECK,
    machine_can_approve::CHECK,
    slot_without_approver::CHECK,
    no_valid_pair::CHECK,
    depends_on_one_person::CHECK,
    approver_without_mfa::CHECK,
];

type Find = for<'p, 'a> fn(&'p Picture<'a>) -> Result<Vec<Finding>, SurveyError>;

const RULES: [Find; 18] = [
    member_of_both_groups::find,
    can_approve_both::find,
    can_approve_both_if::find,
    can_approve_both_through_role::find,
    look_alike_role::find,
    one_person_on_two_slots::find,
    can_grant_itself::find,
    can_make_second_person::find,
    can_bypass_gate::find,
    can_invoke_gate::find,
    session_name_not_pinned::find,
    session_names_from_provider::find,
    shared_approver_role::find,
    machine_can_approve::find,
    slot_without_approver::find,
    no_valid_pair::find,
    depends_on_one_person::find,
    approver_without_mfa::find,
];

/// What all rules find.
pub(super) fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, SurveyError> {
    let mut findings = Vec::new();
    for find in RULES {
        findings.extend(find(picture)?);
    }
    Ok(findings)
}
