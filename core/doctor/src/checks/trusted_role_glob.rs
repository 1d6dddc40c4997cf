//! `trusted-role-glob`: roles that are trusted by a glob.

use findings::{Check, Evidence, Finding, Severity};
use rule::{RESERVED_PATH, Rule};

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "trusted-role-glob",
    severity: Severity::Note,
    title: "`trustedSessionRoles` has a glob",
    find: Find::Rule(|rule| Vec::from_iter(find(rule))),
};

fn find(rule: &Rule) -> Option<Finding> {
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
                 is under {RESERVED_PATH}. Without the permission to ask, nobody who comes through that role counts."
            ),
            format!(
                "Write the exact names of the roles, as `policygen rule` prints them. Or allow the gate's role iam:GetRole on \
                 arn:aws:iam::ACCOUNT:role{RESERVED_PATH}* and on nothing else."
            ),
        )
    })
}
