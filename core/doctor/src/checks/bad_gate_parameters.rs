//! `bad-gate-parameters`: UserParameters that the gate refuses. Nobody can release.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::gate::{EXECUTION_VARIABLE, Parameters};
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "bad-gate-parameters",
    severity: Severity::Error,
    title: "The gate refuses the action's UserParameters",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let refused = topology.gates.iter().filter_map(|gate| {
        let problem = match (&gate.parameters, gate.fixed_execution()) {
            (Parameters::Refused(error), _) => format!("{error}"),
            (Parameters::Absent | Parameters::Read | Parameters::Variable(_), Some(id)) => {
                format!("`pipelineExecutionId` is always `{id}`, so every other execution fails")
            }
            (Parameters::Absent | Parameters::Read | Parameters::Variable(_), None) => return None,
        };
        let text = gate.place.action.configuration.get("UserParameters");
        Some(Finding {
            evidence: text
                .map(|text| Evidence::new("configuration", "UserParameters", text))
                .into_iter()
                .collect(),
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The gate `{}` refuses its UserParameters: {problem}.",
                    gate.place.action.name
                ),
                format!(
                    "Correct them, for example to {{\"pipelineExecutionId\": \"{EXECUTION_VARIABLE}\"}}. \
                     The keys that say who people are belong in the function's own rule."
                ),
            )
        })
    });
    refused.collect()
}
