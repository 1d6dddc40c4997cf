//! An account as the gate knows it.

use iam::account::Account;

/// The account of a snapshot, with the roles that `iam:GetRole` would show the gate under the path that AWS reserves.
pub(crate) fn gate_account(account: &Account) -> rule::Account {
    let roles = account.roles.iter().map(|role| role.identity.arn.as_str());
    roles.fold(rule::Account::new(account.id.clone()), rule::Account::with_role)
}
