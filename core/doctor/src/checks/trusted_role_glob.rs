//! Roles that are trusted by a glob.

use rule::{RESERVED_PATH, Rule};

use super::about_rule;
use findings::Check;
use findings::{Evidence, Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "trusted-role-glob",
    severity: Severity::Note,
    title: "`trustedSessionRoles` has a glob",
};

pub(super) fn find(rule: &Rule) -> Option<Finding> {
    let globs: Vec<&str> = rule.trusted_globs().collect();
    if globs.is_empty() {
        return None;
    }
    let matched = |glob: &&str| {
        Evidence::new("glob", *glob, "trusts every role of IAM Identity Center that it matches")
    };
    Some(Finding {
        evidence: globs.iter().map(matched).collect(),
        ..CHECK.finding(
            about_rule("trustedSessionRoles"),
            format!(
                "`trustedSessionRoles` has a glob. The gate asks IAM about each role that only a glob matches, and believes it if the role \
                 stands under {RESERVED_PATH}; without the permission to ask, nobody who comes through that role counts."
            ),
            format!(
                "Write the exact names of the roles, as `policygen rule` prints them. Or allow the gate's role iam:GetRole on \
                 arn:aws:iam::ACCOUNT:role{RESERVED_PATH}* and on nothing else."
            ),
        )
    })
}
