//! `roster-without-entry`: a roster without an entry for an approval. The gate answers every
//! release with a ConfigurationError.

use findings::{Check, Evidence, Finding, Severity};
use rule::Misfit;

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "roster-without-entry",
    severity: Severity::Error,
    title: "`roster` has no entry for a required approval",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &topology.gates {
        let rostered: Vec<&str> = gate.rule.rostered_actions().collect();
        if rostered.is_empty() {
            continue;
        }
        let same = |action: &str| rostered.iter().any(|name| name.eq_ignore_ascii_case(action));
        // Another check reports a name that differs only in case.
        for action in gate.required.iter().filter(|action| !same(action)) {
            let misfit = Misfit::NoRoster { action: action.clone() };
            findings.push(Finding {
                evidence: vec![Evidence::new(
                    "key",
                    "roster",
                    format!("has entries for {}", rostered.join(", ")),
                )],
                ..CHECK.finding(
                    topology.arn(gate.place),
                    format!(
                        "The gate `{}` answers every release with a ConfigurationError: {misfit}.",
                        gate.place.action.name
                    ),
                    "Add the entry to `roster` in the function's rule, or correct its name there."
                        .to_owned(),
                )
            });
        }
    }
    findings
}
