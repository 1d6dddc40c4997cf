//! `slot-without-approver`: nobody can serve a slot, so nobody can release.

use findings::{Check, Evidence, Finding, Severity};

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

/// The number of principals that the evidence names.
const NAMED: usize = 5;

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (people, scope) = (view.people(), view.reach.scope);
    let empty = scope.slots_by_ix().filter(|(slot, _)| !people.serve(*slot));
    let findings = empty.map(|(at, slot)| {
        let name = &slot.action;
        let subject = scope.slot_arn(view.account(), slot);
        let uncounted = people.uncounted.iter().filter(|(of, _)| *of == at);
        let uncounted: Vec<&String> = uncounted.map(|(_, arn)| arn).take(NAMED).collect();
        let (who, also) = match uncounted.is_empty() {
            true => ("in the account", ""),
            false => ("that the gate's rule counts", ", let the rule count those who may approve it,"),
        };
        let message = format!("Nobody {who} can approve {name}, so nobody can release.");
        let help = format!(
            "Give {APPROVE} on {name} to the people who should serve it{also} or correct the slot's name."
        );
        let mut finding = CHECK.finding(subject, message, help);
        let evidence = uncounted.into_iter();
        let evidence = evidence.map(|arn| Evidence::new("principal", arn, "may approve it, and does not count"));
        finding.evidence = evidence.collect();
        finding
    });
    Ok(findings.collect())
}
