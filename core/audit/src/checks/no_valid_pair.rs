//! `no-valid-pair`: somebody serves every slot, but there is not a different person for each.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-valid-pair",
    severity: Severity::Error,
    title: "There is not a different person for each slot",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (people, scope) = (view.people(), view.reach.scope);
    let Some(first) = scope.slots.first() else {
        return Ok(Vec::new());
    };
    if people.are_enough || !scope.slots_by_ix().all(|(slot, _)| people.serve(slot)) {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = scope.slots.iter().map(|slot| &*slot.action).collect();
    let message = format!(
        "There are not enough different people for {}: however they are assigned, one slot has nobody left.",
        names.join(" and ")
    );
    let help = "Let another person serve one of the slots.".to_owned();
    let subject = scope.slot_arn(view.account(), first);
    let mut finding = CHECK.finding(subject, message, help);
    let evidence =
        people.all().map(|person| Evidence::new("person", &person.name, person.serving(view)));
    finding.evidence = evidence.collect();
    Ok(vec![finding])
}
