//! Roles that no human can assume: only services and workloads can, or nobody, because the
//! principals that their trust policies name are gone.

use std::collections::{BTreeMap, BTreeSet};

use iam::account::{Account, Actor, RoleIx};

/// The roles of an account that no user, nobody outside the account and no role of people can
/// assume. Conditions and denials count as if they let people in. A trust policy that names the
/// whole account lets people in, too.
pub(crate) fn beyond_people(account: &Account) -> BTreeSet<RoleIx> {
    let mut assumers: BTreeMap<RoleIx, Vec<RoleIx>> = BTreeMap::new();
    let mut open = Vec::new();
    for (at, role) in account.roles_by_ix() {
        let (outsiders, trustees) = (account.outsiders(role), account.trustees(role));
        let is_for_people = !outsiders.federated.is_empty()
            || !outsiders.accounts.is_empty()
            || trustees.everybody
            || trustees.account
            || trustees.named.iter().any(|actor| matches!(actor, Actor::User(_)));
        if is_for_people {
            open.push(at);
        }
        for actor in trustees.named {
            if let Actor::Role(from) = actor {
                assumers.entry(from).or_default().push(at);
            }
        }
    }
    let mut closed: BTreeSet<RoleIx> = account.roles_by_ix().map(|(at, _)| at).collect();
    while let Some(role) = open.pop() {
        if closed.remove(&role) {
            open.extend(assumers.get(&role).into_iter().flatten());
        }
    }
    closed
}
