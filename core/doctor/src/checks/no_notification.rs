//! `no-notification`: an approval that nobody is told about.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::topology::Topology;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-notification",
    severity: Severity::Note,
    title: "An approval notifies nobody",
    find: Find::Pipeline(find),
};

fn find(topology: &Topology<'_>) -> Vec<Finding> {
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
            "Set `NotificationArn` to an SNS topic of its approvers, or accept this finding if they are told \
             in another way."
                .to_owned(),
        )
    });
    findings.collect()
}
