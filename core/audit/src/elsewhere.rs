//! The roles that approve and whose members this account does not show.

use findings::Elsewhere;
use iam::account::{Actor, Outsider};

use crate::account_view::AccountView;
use crate::identity_center::permission_set_of;

/// The roles that approve, each with the place that decides who has it.
pub(crate) fn find(view: &AccountView<'_>) -> Vec<Elsewhere> {
    let account = view.account();
    let approving =
        account.roles_by_ix().filter(|(at, _)| view.reach.slots_of(Actor::Role(*at)).any());
    let mut found = Vec::new();
    for (_, role) in approving {
        let at = |place: String| Elsewhere { place, role: role.identity.arn.clone() };
        if permission_set_of(&role.identity).is_some() {
            // Its trust policy names a provider of AWS's own.
            if view.assigned_people().is_none() {
                found.push(at("IAM Identity Center".to_owned()));
            }
            continue;
        }
        let places =
            account.named_outsiders(role).into_iter().filter_map(|outsider| place(&outsider));
        found.extend(places.map(at));
    }
    found.sort();
    found.dedup();
    found
}

/// The place that decides about the people behind an outsider. `None` if the role admits everybody.
fn place(outsider: &Outsider) -> Option<String> {
    let name = |arn: &str| arn.rsplit_once("-provider/").map_or(arn, |(_, name)| name).to_owned();
    match outsider {
        Outsider::Saml(arn) => Some(format!("the SAML provider `{}`", name(arn))),
        Outsider::Web(arn) => Some(format!("the OpenID Connect provider `{}`", name(arn))),
        Outsider::Account(id) => Some(format!("the account {id}")),
        Outsider::Principal(arn) => Some(format!("the owner of `{arn}`")),
        Outsider::Anybody => None,
    }
}
