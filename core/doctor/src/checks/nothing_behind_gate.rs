//! `nothing-behind-gate`: a gate that guards nothing.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "nothing-behind-gate",
    severity: Severity::Error,
    title: "Nothing runs behind the gate",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let last = topology.gates.last()?;
    // Builds, tests and functions run the user's code, which may deploy.
    let guarded = topology.places().any(|place| {
        let category = place.action.action_type_id.category.as_str();
        last.place.precedes(place) && !matches!(category, "Approval" | "Source")
    });
    if guarded {
        return None;
    }
    Some(Finding {
        evidence: topology.deployments().map(|place| topology.evidence(place)).collect(),
        ..CHECK.finding(
            topology.arn(last.place),
            format!(
                "Nothing runs behind the gate `{}`: everything that this pipeline deploys, it deploys without the gate.",
                last.place.action.name
            ),
            "Put the gate and its approvals before the stage that deploys.".to_owned(),
        )
    })
}
