//! `machine-can-approve`: a role that approves and that a service or a CI's identity provider can
//! assume.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "machine-can-approve",
    severity: Severity::Warning,
    title: "A service or a workload can assume a role that approves",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = picture.account();
    let mut findings = Vec::new();
    for (at, role) in account.roles.iter().enumerate() {
        let approvals = picture.survey.approvals(Actor::Role(at));
        if !approvals.any() {
            continue;
        }
        let outsiders = account.outsiders(role);
        let machines: Vec<&String> = outsiders.services.iter().chain(&outsiders.oidc).collect();
        if machines.is_empty() {
            continue;
        }
        let slots: Vec<&str> = approvals.served().map(|(slot, _)| picture.slot(slot)).collect();
        let names: Vec<String> = machines.iter().map(|machine| format!("`{machine}`")).collect();
        let message = format!(
            "`{}` may approve {}, and {} can assume it: no human need be there.",
            role.identity.name,
            slots.join(" and "),
            names.join(", "),
        );
        let help = "Take the approval away from the role, and name it in the rule's `notPeople`, so that the gate never counts it.";
        let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
        let evidence = machines
            .into_iter()
            .map(|machine| Evidence::new("principal", machine, "can assume it"));
        finding.evidence = evidence.collect();
        finding.witness = approvals.served().next().map(|(_, reached)| reached.witness.clone());
        findings.push(finding);
    }
    Ok(findings)
}
