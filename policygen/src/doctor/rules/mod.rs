//! The checks: one file each, of the name of its code.

mod approval_outlasts_max_age;
mod approvals_in_another_stage;
mod approvals_without_gate;
mod artifact_after_approval;
mod bad_gate_parameters;
mod deploy_before_approvals;
mod deploy_before_gate;
mod gate_as_condition;
mod gate_before_approval;
mod no_execution_id;
mod no_gate;
mod no_notification;
mod no_review_information;
mod nothing_behind_gate;
mod nothing_to_guard;
mod parallel_overtaking;
mod queue_behind_approval;
mod retry_failed_actions;
mod rollback_without_approval;
mod skippable_gate;
mod too_few_approvals;
mod unchecked_gate_parameters;
mod unknown_approval_action;
mod unknown_approval_stage;

use super::topology::Topology;
use crate::finding::Finding;
use crate::report::Catalog;

/// Declares each check once: its constant for the catalog, and its function for the examination.
macro_rules! checks {
    ($($name:ident),* $(,)?) => {
        /// Everything that `doctor` looks for.
        pub(crate) const CATALOG: Catalog = Catalog {
            page: "docs/doctor.md",
            checks: &[$($name::CHECK),*],
        };

        /// What all checks find.
        pub(super) fn find(topology: &Topology<'_>) -> Vec<Finding> {
            let mut findings = Vec::new();
            $(findings.extend($name::find(topology));)*
            findings
        }
    };
}

checks!(
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
    approvals_in_another_stage,
    approvals_without_gate,
    deploy_before_approvals,
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
    nothing_to_guard,
);

#[cfg(test)]
mod tests {
    use super::CATALOG;
    use crate::report::assert_documented;

    #[test]
    fn every_code_has_a_file_and_an_anchor() {
        assert_documented(&CATALOG, "doctor/rules", &["mod"]);
    }
}
