//! `sharedRoles: collapse`: an assumption that nothing proves.

use rule::{Rule, SharedRoles};

use super::about_rule;
use findings::Check;
use findings::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "shared-roles-collapse",
    severity: Severity::Warning,
    title: "`sharedRoles` is `collapse`",
};

pub(super) fn find(rule: &Rule) -> Option<Finding> {
    match rule.shared_roles() {
        SharedRoles::Reject => return None,
        SharedRoles::Collapse => {}
    }
    Some(CHECK.finding(
        about_rule("sharedRoles"),
        "`sharedRoles` is `collapse`: all sessions of an untrusted role count together as one person. Nothing proves that this person is \
         not somebody who approves as themselves as well, and then one human counts as two."
            .to_owned(),
        "Leave `sharedRoles` out, and let people approve as IAM users or through roles of `trustedSessionRoles`.".to_owned(),
    ))
}
