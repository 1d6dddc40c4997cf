//! `stage` names a stage that is not there: nobody can ever release.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "unknown-approval-stage",
    severity: Severity::Error,
    title: "`stage` names a stage that is not there",
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
            "Correct `stage`, or leave it out: then the approvals are looked for in the gate's own stage.".to_owned(),
        )
    });
    findings.collect()
}
