//! Who names the sessions of a role.

use iam::account::Role;
use iam::policy::Statement;
use iam::{Condition, Effect};

/// The calls whose caller names the session. With SAML the identity provider does (STS API
/// Reference).
const CALLER_NAMES: [&str; 2] = ["sts:assumerole", "sts:assumerolewithwebidentity"];

/// A statement of a role's trust policy that lets a caller choose the session's name, with its
/// place.
pub(crate) fn statement_of_choice(role: &Role) -> Option<(usize, &Statement)> {
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

/// Whether a condition allows only the caller's own name. The name is in every request to assume a
/// role (IAM User Guide, "IAM and AWS STS condition context keys").
fn pins(condition: &Condition) -> bool {
    condition.key().eq_ignore_ascii_case("sts:RoleSessionName")
        && condition.wants_only("aws:username")
}
