//! `rollback-without-approval`: a rollback, which deploys an earlier revision and asks nobody.
//!
//! CodePipeline User Guide, "Configuring stage rollback": a rollback is a new execution of the
//! stage, with the revisions of an execution that succeeded there and began under the current
//! structure of the pipeline.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::pipeline::Action;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "rollback-without-approval",
    severity: Severity::Note,
    title: "A stage behind the gate rolls back automatically",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let Some(first) = topology.gates.first() else {
        return Vec::new();
    };
    let behind = topology.pipeline.stages().iter().skip(first.place.stage_index + 1);
    let deploying = behind.filter(|stage| stage.actions.iter().any(Action::deploys));
    let findings = deploying.filter_map(|stage| {
        let when = stage.ends_in("ROLLBACK")?;
        Some(Finding {
            evidence: vec![Evidence::new(
                "stage",
                &stage.name,
                format!("`{when}` has the result ROLLBACK"),
            )],
            ..CHECK.finding(
                topology.pipeline.stage_arn(stage),
                format!(
                    "The stage `{}` rolls back automatically: it deploys the revision of an earlier execution \
                     again and asks nobody. That execution succeeded in this stage under this structure of the \
                     pipeline, so it has passed the gate once.",
                    stage.name
                ),
                "Accept this finding if an earlier release may come back without approvals. Otherwise remove ROLLBACK, \
                 and release the earlier revision through the gate."
                    .to_owned(),
            )
        })
    });
    findings.collect()
}
