//! `session-name-not-pinned`: a role whose session names the gate believes, although callers choose
//! them.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Role;

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;
use crate::session_naming::statement_of_choice;

pub(super) const CHECK: Check<Find> = Check {
    code: "session-name-not-pinned",
    severity: Severity::Warning,
    title: "Callers choose the session names that the gate believes",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    // Only the rule says which roles the gate trusts.
    if view.rule.is_none() {
        return Ok(Vec::new());
    }
    let roles = view.account().roles.iter();
    let trusted = roles.filter(|role| view.trusts_sessions_of(&role.identity.name));
    Ok(trusted.filter_map(about).collect())
}

fn about(role: &Role) -> Option<Finding> {
    let (at, statement) = statement_of_choice(role)?;
    let name = &role.identity.name;
    let message = format!(
        "The rule believes the session names of `{name}`, and its trust policy lets the people who assume it choose them: one \
         human could count as two."
    );
    let help = "Pin the name in the trust policy with the condition `\"StringEquals\": {\"sts:RoleSessionName\": \
                \"${aws:username}\"}`, or take the role out of `trustedSessionRoles`.";
    let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
    let sid = statement.sid.clone().unwrap_or_else(|| format!("number {}", at + 1));
    finding.evidence = vec![
        Evidence::new("role", &role.identity.arn, "is trusted by the rule"),
        Evidence::new(
            "statement",
            sid,
            "of its trust policy lets callers choose names that are not their own",
        ),
    ];
    Some(finding)
}
