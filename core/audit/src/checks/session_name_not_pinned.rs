//! `session-name-not-pinned`: a role whose session names the gate believes, although callers choose
//! them.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Role;
use iam::policy::Statement;
use iam::{Condition, Effect};

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "session-name-not-pinned",
    severity: Severity::Warning,
    title: "Callers choose the session names that the gate believes",
    find,
};

/// The calls whose caller names the session. With SAML the identity provider does (STS API
/// Reference).
const CALLER_NAMES: [&str; 2] = ["sts:assumerole", "sts:assumerolewithwebidentity"];

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    // Only the rule says which roles the gate trusts.
    if view.rule.is_none() {
        return Ok(Vec::new());
    }
    let roles = view.account().roles.iter();
    let trusted = roles.filter(|role| view.trusts_sessions_of(&role.identity.name));
    Ok(trusted.filter_map(about).collect())
}

/// A statement of a role's trust policy that lets a caller choose the session's name, with its
/// place.
pub(super) fn statement_of_choice(role: &Role) -> Option<(usize, &Statement)> {
    let statements = role.trust.statements.iter().enumerate();
    statements
        .filter(|(_, statement)| statement.effect == Effect::Allow)
        .filter(|(_, statement)| {
            CALLER_NAMES.iter().any(|action| statement.actions.include(action))
        })
        // A service is not a person.
        .filter(|(_, statement)| {
            let named = statement.principals.as_ref();
            named.is_some_and(|p| p.all_but || !p.aws.is_empty() || !p.federated.is_empty())
        })
        .find(|(_, statement)| !statement.conditions.iter().any(pins))
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

/// Whether a condition allows only the caller's own name. The name is in every request to assume a
/// role (IAM User Guide, "IAM and AWS STS condition context keys").
fn pins(condition: &Condition) -> bool {
    condition.key().eq_ignore_ascii_case("sts:RoleSessionName")
        && condition.wants_only("aws:username")
}
