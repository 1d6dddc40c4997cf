//! `shared-roles-collapse`: `sharedRoles` is `collapse`, an assumption that nothing proves.

use findings::{Check, Finding, Severity};
use rule::{Rule, SharedRoles};

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "shared-roles-collapse",
    severity: Severity::Warning,
    title: "`sharedRoles` is `collapse`",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
    match rule.shared_roles() {
        SharedRoles::Reject => return None,
        SharedRoles::Collapse => {}
    }
    Some(CHECK.finding(
        about_rule("sharedRoles"),
        "`sharedRoles` is `collapse`: all sessions of an untrusted role count together as one person. Nothing proves that this person does \
         not also approve under their own name, and then one human counts as two."
            .to_owned(),
        "Remove `sharedRoles`, and let people approve as IAM users or through roles of `trustedSessionRoles`.".to_owned(),
    ))
}
