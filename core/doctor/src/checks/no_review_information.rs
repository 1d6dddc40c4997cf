//! `no-review-information`: an approval that does not say what people approve.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-review-information",
    severity: Severity::Note,
    title: "An approval does not say what to look at",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let bare = topology.approvals().into_iter().filter(|(_, approval)| {
        let configuration = &approval.action.configuration;
        !configuration.contains_key("CustomData")
            && !configuration.contains_key("ExternalEntityLink")
    });
    let findings = bare.map(|(_, approval)| {
        CHECK.finding(
            topology.arn(approval),
            format!(
                "`{}` does not say what people approve: it has neither `CustomData` nor `ExternalEntityLink`.",
                approval.action.name
            ),
            "Set `CustomData` to what the approver has to look at, such as the source revision, or \
             `ExternalEntityLink` to where it is."
                .to_owned(),
        )
    });
    findings.collect()
}
