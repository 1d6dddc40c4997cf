//! An approval that nobody is told about.

use crate::topology::Topology;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "no-notification",
    severity: Severity::Note,
    title: "An approval notifies nobody",
};

pub(super) fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let silent = topology
        .approvals()
        .into_iter()
        .filter(|(_, approval)| !approval.action.configuration.contains_key("NotificationArn"));
    let findings = silent.map(|(_, approval)| {
        CHECK.finding(
            topology.arn(approval),
            format!(
                "`{}` tells nobody that it waits: it has no `NotificationArn`.",
                approval.action.name
            ),
            "Set `NotificationArn` to an SNS topic of its approvers, or accept this where they are told in \
             another way."
                .to_owned(),
        )
    });
    findings.collect()
}
