//! The checks: one file each, of the name of its code.

mod action_name_case;
mod approval_outlasts_max_age;
mod approvals_in_another_stage;
mod approvals_without_gate;
mod artifact_after_approval;
mod bad_gate_parameters;
mod deploy_before_approvals;
mod deploy_before_gate;
mod gate_as_condition;
mod gate_before_approval;
mod initiator_without_machines;
mod no_execution_id;
mod no_gate;
mod no_notification;
mod no_review_information;
mod nothing_behind_gate;
mod nothing_to_guard;
mod parallel_overtaking;
mod people_by_untrusted_role;
mod people_share_handle;
mod people_without_only_people;
mod queue_behind_approval;
mod refused_rule;
mod retry_failed_actions;
mod rollback_without_approval;
mod roster_lets_anybody;
mod roster_without_entry;
mod rule_without_actions;
mod rule_without_stage;
mod self_mutating_pipeline;
mod shared_roles_collapse;
mod skippable_gate;
mod too_few_approvals;
mod too_few_people;
mod trusted_role_glob;
mod unchecked_gate_parameters;
mod unknown_approval_action;
mod unknown_approval_stage;

use super::GivenRule;
use super::topology::Topology;
use findings::Catalog;
use findings::Finding;

/// Declares each check once: its constant for the catalog, and its function for the examination.
macro_rules! checks {
    (
        of pipelines: $($name:ident),* $(,)?;
        of rules: $($lint:ident),* $(,)?;
        of what is no rule: $refused:ident;
    ) => {
        /// Everything that `doctor` looks for.
        pub const CATALOG: Catalog = Catalog {
            page: "docs/doctor.md",
            checks: &[$($name::CHECK,)* $($lint::CHECK,)* $refused::CHECK],
        };

        /// What all checks of a pipeline find.
        pub(super) fn find(topology: &Topology<'_>) -> Vec<Finding> {
            let mut findings = Vec::new();
            $(findings.extend($name::find(topology));)*
            findings
        }

        /// What all checks of a rule find.
        pub(super) fn find_in_rule(given: &GivenRule) -> Vec<Finding> {
            let rule = match given {
                Ok(rule) => rule,
                Err(error) => return vec![$refused::find(error)],
            };
            let mut findings = Vec::new();
            $(findings.extend($lint::find(rule));)*
            findings
        }
    };
}

/// The subject of a finding about a key of the rule; of the whole rule where there is no key.
fn about_rule(key: &str) -> String {
    if key.is_empty() {
        return "rule".to_owned();
    }
    format!("rule:{key}")
}

checks!(
    of pipelines:
    no_gate,
    gate_as_condition,
    gate_before_approval,
    skippable_gate,
    nothing_behind_gate,
    deploy_before_gate,
    too_few_approvals,
    unknown_approval_action,
    unknown_approval_stage,
    bad_gate_parameters,
    roster_without_entry,
    action_name_case,
    approvals_in_another_stage,
    approvals_without_gate,
    deploy_before_approvals,
    self_mutating_pipeline,
    artifact_after_approval,
    retry_failed_actions,
    no_execution_id,
    unchecked_gate_parameters,
    approval_outlasts_max_age,
    no_notification,
    no_review_information,
    rollback_without_approval,
    parallel_overtaking,
    queue_behind_approval,
    nothing_to_guard;
    of rules:
    too_few_people,
    people_share_handle,
    people_by_untrusted_role,
    shared_roles_collapse,
    roster_lets_anybody,
    trusted_role_glob,
    rule_without_stage,
    rule_without_actions,
    people_without_only_people,
    initiator_without_machines;
    of what is no rule: refused_rule;
);
