//! `machine-can-approve`: a role that can approve, and that a service or the identity provider of a
//! CI system can assume.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "machine-can-approve",
    severity: Severity::Warning,
    title: "A service or a workload can assume a role that approves",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    for (at, role) in account.roles_by_ix() {
        let served = view.reach.slots_of(Actor::Role(at));
        if !served.any() {
            continue;
        }
        let outsiders = account.outsiders(role);
        let machines: Vec<&String> = outsiders.services.iter().chain(&outsiders.oidc).collect();
        if machines.is_empty() {
            continue;
        }
        let slots: Vec<&str> = served.iter().map(|(slot, _)| view.slot(slot)).collect();
        let names: Vec<String> = machines.iter().map(|machine| format!("`{machine}`")).collect();
        let message = format!(
            "`{}` may approve {}, and {} can assume it: an approval needs no human.",
            role.identity.name,
            slots.join(" and "),
            names.join(", "),
        );
        let help = "Take the approval away from the role, and name the role in the rule's `notPeople`, so that the gate never counts it.";
        let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
        let evidence = machines
            .into_iter()
            .map(|machine| Evidence::new("principal", machine, "can assume it"));
        finding.evidence = evidence.collect();
        finding.witness = served.iter().next().map(|(_, reached)| reached.witness.clone());
        findings.push(finding);
    }
    Ok(findings)
}
