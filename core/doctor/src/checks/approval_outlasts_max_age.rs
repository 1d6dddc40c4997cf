//! `approval-outlasts-max-age`: an approval that may stay open longer than the others count.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::pipeline::DEFAULT_TIMEOUT_MINUTES;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "approval-outlasts-max-age",
    severity: Severity::Note,
    title: "An approval may stay open longer than `maxAgeMinutes`",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (gate, approval) in topology.approvals() {
        let Some(age) = gate.rule.max_age_minutes() else {
            continue;
        };
        let given = approval.action.timeout_in_minutes;
        let timeout = given.unwrap_or(DEFAULT_TIMEOUT_MINUTES);
        if timeout <= age {
            continue;
        }
        let default = if given.is_none() { ", which is the default" } else { "" };
        findings.push(Finding {
            evidence: vec![topology.evidence(approval), topology.evidence(gate.place)],
            ..CHECK.finding(
                topology.arn(approval),
                format!(
                    "`{}` waits for {timeout} minutes{default}, but an approval counts for {age}: the first \
                     approval may be too old when the last person answers.",
                    approval.action.name
                ),
                format!("Set `timeoutInMinutes` of the approval to {age} or less."),
            )
        });
    }
    findings
}
