//! `no-execution-id`: a gate that does not know its execution if CodePipeline does not name it.
//!
//! CodePipeline API reference, `PipelineContext`: `pipelineExecutionId` is there for custom jobs,
//! so it may be missing for Lambda jobs.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::gate::{EXECUTION_VARIABLE, Parameters};
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-execution-id",
    severity: Severity::Warning,
    title: "The UserParameters do not name the execution",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let unsaid = topology.gates.iter().filter(|gate| {
        // Another check reports refused parameters and a fixed execution.
        let refused = match gate.parameters {
            Parameters::Refused(_) => true,
            Parameters::Absent | Parameters::Read | Parameters::Variable(_) => {
                gate.fixed_execution().is_some()
            }
        };
        !refused && !gate.knows_execution()
    });
    let findings = unsaid.map(|gate| {
        CHECK.finding(
            topology.arn(gate.place),
            format!(
                "The UserParameters of the gate `{}` do not name the execution. If CodePipeline does not name it \
                 either, the gate fails.",
                gate.place.action.name
            ),
            format!("Add \"pipelineExecutionId\": \"{EXECUTION_VARIABLE}\" to the JSON of its UserParameters."),
        )
    });
    findings.collect()
}
