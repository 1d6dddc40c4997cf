//! What is known about the ARN of a new role.

use iam::account::Account;

use crate::permissions::State;

/// The condition key of the principal. For the session of a role, it is the role.
const PRINCIPAL: &str = "aws:PrincipalArn";

/// Gives a new role its ARN, if the policies that decide for it say the same about every name that
/// it can have.
pub(super) fn set(account: &Account, state: &mut State<'_>, arn: &str) {
    let statements = state.grants.policies().flat_map(|(_, policy)| &policy.statements);
    let conditions = statements.flat_map(|statement| &statement.conditions);
    let about = conditions.filter(|it| it.key().eq_ignore_ascii_case(PRINCIPAL));
    if about.flat_map(|it| it.values()).all(|value| is_never_new(account, value)) {
        state.context.set(PRINCIPAL, [arn.to_owned()]);
    }
}

/// Whether a pattern of principals matches no role that somebody could create: it is about users,
/// or about the name of a role that the account has. Names are unique under all paths (IAM User
/// Guide, "IAM identifiers").
fn is_never_new(account: &Account, pattern: &str) -> bool {
    let resource = pattern.splitn(6, ':').nth(5).unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    let is_of_user = resource.starts_with("user/");
    let is_taken = || {
        let mut roles = account.roles.iter();
        resource.starts_with("role/")
            && roles.any(|role| role.identity.name.eq_ignore_ascii_case(name))
    };
    is_of_user || is_taken()
}
