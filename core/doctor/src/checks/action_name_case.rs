//! `action-name-case`: a name in the rule that differs from the pipeline's only in case. The gate
//! answers every release with a ConfigurationError.

use findings::{Check, Finding, Severity};
use rule::Misfit;

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "action-name-case",
    severity: Severity::Error,
    title: "The rule and the pipeline spell an approval with different case",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &topology.gates {
        let there = topology.places().filter(|place| {
            gate.approval_stage() == Some(place.stage_index)
                && place.action.kind().may_be_approval()
        });
        let there: Vec<_> = there.collect();
        let named = gate.rule.named_actions().map(|name| ("actions", name));
        let rostered = gate.rule.rostered_actions().map(|name| ("roster", name));
        let missing = |(_, name): &(_, &str)| !there.iter().any(|place| place.action.name == *name);
        for (key, written) in named.chain(rostered).filter(missing) {
            let Some(place) =
                there.iter().find(|place| place.action.name.eq_ignore_ascii_case(written))
            else {
                continue;
            };
            let misfit = Misfit::Case {
                key,
                written: written.to_owned(),
                actual: place.action.name.clone(),
            };
            findings.push(Finding {
                evidence: vec![topology.evidence(*place)],
                ..CHECK.finding(
                    topology.arn(gate.place),
                    format!(
                        "The gate `{}` answers every release with a ConfigurationError: {misfit}.",
                        gate.place.action.name
                    ),
                    "Spell it in the rule as the pipeline does.".to_owned(),
                )
            });
        }
    }
    findings
}
