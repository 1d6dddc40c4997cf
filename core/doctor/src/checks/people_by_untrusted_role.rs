//! Entries of `people` that prove nobody, since what they name is not believed.

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
                "The entry `{name}` names sessions of `{role}`, and `trustedSessionRoles` trusts no such role. Anybody who may assume the \
                 role can call a session so, and the gate does not take it for {name}."
            ),
            "If an identity provider sets the session names of that role, add its exact name to `trustedSessionRoles`. Otherwise take \
             the pattern out."
                .to_owned(),
        )
    });
    findings.collect()
}
