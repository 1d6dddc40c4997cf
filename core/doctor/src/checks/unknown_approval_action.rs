//! `unknown-approval-action`: `actions` names something that does not exist, or is not a manual
//! approval. Nobody can release.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "unknown-approval-action",
    severity: Severity::Error,
    title: "`actions` names an action that is not a manual approval of the stage",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &topology.gates {
        let Some(stage) = gate.approval_stage() else {
            continue;
        };
        let of_stage = || topology.places().filter(|place| place.stage_index == stage);
        // Another check reports a name that differs only in case.
        let in_another_case = |name: &str| {
            let mut approvals = of_stage().filter(|place| place.action.kind().may_be_approval());
            approvals.any(|place| {
                place.action.name != name && place.action.name.eq_ignore_ascii_case(name)
            })
        };
        for name in gate.rule.named_actions() {
            let there = of_stage().find(|place| place.action.name == name);
            let problem = match there {
                Some(place) if place.action.kind().may_be_approval() => continue,
                Some(place) => format!("it is {}", place.action.kind_in_words()),
                None if in_another_case(name) => continue,
                None => "that stage has no such action".to_owned(),
            };
            findings.push(Finding {
                evidence: there.map(|place| topology.evidence(place)).into_iter().collect(),
                ..CHECK.finding(
                    topology.arn(gate.place),
                    format!(
                        "The rule of the gate `{}` asks for an approval of `{name}`, but {problem}: the gate \
                         never passes.",
                        gate.place.action.name
                    ),
                    "Correct the name in `actions`, or add the approval to the stage.".to_owned(),
                )
            });
        }
    }
    findings
}
