//! `stage` names a stage that is not there: nobody can ever release.

use crate::topology::Topology;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "unknown-approval-stage",
    severity: Severity::Error,
    title: "`stage` names a stage that is not there",
};

pub(super) fn find(topology: &Topology<'_>) -> Vec<Finding> {
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
