//! `people-by-untrusted-role`: entries of `people` that prove nothing, because the gate does not
//! believe the session names in them.

use findings::{Check, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "people-by-untrusted-role",
    severity: Severity::Warning,
    title: "`people` names sessions of a role that the rule does not trust",
    find: Find::Rule(find),
};

fn find(rule: &Rule) -> Vec<Finding> {
    let findings = rule.never_believed().into_iter().map(|(name, role)| {
        CHECK.finding(
            about_rule(&format!("people.{name}")),
            format!(
                "The entry `{name}` names sessions of `{role}`, which `trustedSessionRoles` does not trust. Anybody who may assume the \
                 role can give a session that name, so the gate does not count it as {name}."
            ),
            "If an identity provider sets the session names of that role, add its exact name to `trustedSessionRoles`. Otherwise \
             remove the pattern."
                .to_owned(),
        )
    });
    findings.collect()
}
