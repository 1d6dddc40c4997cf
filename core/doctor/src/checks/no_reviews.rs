//! `no-reviews`: the rule asks who wrote what is released, and no action says it.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-reviews",
    severity: Severity::Error,
    title: "No action runs the function of `reviews`",
    find: Find::Pipeline(|topology| Vec::from_iter(find(topology))),
};

fn find(topology: &Topology<'_>) -> Option<Finding> {
    let reviewing = topology.reviewing.as_ref()?;
    // Other checks report a function of the same name, and what the template does not decide.
    if !reviewing.runs.is_empty()
        || !reviewing.others.is_empty()
        || topology.pipeline.has_undecided_actions()
    {
        return None;
    }
    let effect = match reviewing.excludes_authors {
        true => "the gate cannot tell who the authors are. Nobody counts, and it never passes.",
        false => {
            "nobody says who wrote and reviewed a release, and evidence reports each as `unreviewed-release`."
        }
    };
    Some(Finding {
        severity: reviewing.severity(),
        evidence: topology.gates.iter().map(|gate| topology.evidence(gate.place)).collect(),
        ..CHECK.finding(
            topology.pipeline.arn.clone(),
            format!(
                "No action of `{}` runs the function `{}`, which the rule names in `reviews`: {effect}",
                topology.pipeline.name(),
                reviewing.function
            ),
            "Add an action that invokes it, of the type Invoke/AWS/Lambda, after the Source actions and before the first approval."
                .to_owned(),
        )
    })
}
