//! `unknown-approval-stage`: `stage` names a stage that does not exist. Nobody can release.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "unknown-approval-stage",
    severity: Severity::Error,
    title: "`stage` names a stage that does not exist",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let lost = topology.gates.iter().filter(|gate| gate.approval_stage().is_none());
    let findings = lost.map(|gate| {
        CHECK.finding(
            topology.arn(gate.place),
            format!(
                "The rule of the gate `{}` looks for the approvals in the stage `{}`, which this pipeline does \
                 not have: the gate never passes.",
                gate.place.action.name,
                gate.rule.stage().unwrap_or_default()
            ),
            "Correct `stage`, or remove it: then the gate looks for the approvals in its own stage.".to_owned(),
        )
    });
    findings.collect()
}
