//! `unchecked-gate-parameters`: UserParameters that are made while the pipeline runs, or while its
//! template is deployed, so nobody can check them beforehand.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::gate::{EXECUTION_VARIABLE, Parameters};
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "unchecked-gate-parameters",
    severity: Severity::Warning,
    title: "The gate's UserParameters depend on a variable",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let unchecked = topology.gates.iter().filter_map(|gate| match &gate.parameters {
        Parameters::Variable(text) => Some(Finding {
            evidence: vec![Evidence::new("configuration", "UserParameters", text)],
            ..CHECK.finding(
                topology.arn(gate.place),
                format!(
                    "The UserParameters of the gate `{}` depend on a variable: what they will ask for cannot be \
                     checked, and anyone who sets the variable can make the gate fail.",
                    gate.place.action.name
                ),
                format!(
                    "Use no variable except {EXECUTION_VARIABLE}. Write everything else out, or put it into the \
                     function's own rule."
                ),
            )
        }),
        Parameters::Absent | Parameters::Read | Parameters::Refused(_) => None,
    });
    unchecked.collect()
}
