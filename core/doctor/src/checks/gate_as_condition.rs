//! `gate-as-condition`: the gate as a stage condition, which one person can override.
//!
//! `OverrideStageCondition` of the CodePipeline API; CodePipeline User Guide, "Configure conditions
//! for a stage": conditions can be overridden while the pipeline runs.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "gate-as-condition",
    severity: Severity::Error,
    title: "The gate is a stage condition, which one person can override",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let asked = topology.gates_as_conditions().map(|(stage, when, rule)| Finding {
        evidence: vec![Evidence::new(
            "condition",
            rule,
            format!("`{when}` of the stage asks the gate"),
        )],
        ..CHECK.finding(
            topology.pipeline.stage_arn(stage),
            format!(
                "The stage `{}` asks the gate in its `{when}` condition. Anyone who may call \
                 OverrideStageCondition bypasses it alone.",
                stage.name
            ),
            "Run the gate as an action of category Invoke, after the approvals and in their stage, and remove the \
             condition."
                .to_owned(),
        )
    });
    asked.collect()
}
