//! `slot-without-approver`: nobody can serve a slot, so nobody can release.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "slot-without-approver",
    severity: Severity::Error,
    title: "Nobody can serve a slot",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (people, scope) = (view.people(), view.reach.scope);
    let empty = scope.slots_by_ix().filter(|(slot, _)| !people.serve(*slot));
    let findings = empty.map(|(_, slot)| {
        let name = &slot.action;
        let subject = scope.slot_arn(view.account(), slot);
        let message = format!("Nobody in the account can approve {name}, so nobody can release.");
        let help = format!(
            "Give {APPROVE} on {name} to the people who should serve it, or correct the slot's name."
        );
        CHECK.finding(subject, message, help)
    });
    Ok(findings.collect())
}
