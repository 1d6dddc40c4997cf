//! Roles whose SAML provider somebody could change. A person who has the provider's key can sign in
//! under any session name.
//!
//! OpenID Connect providers do not have this problem: their keys stay with the issuer, and nothing
//! in the account changes them.

use std::collections::BTreeMap;

use iam::Truth;
use iam::account::{Account, Actor};

use super::{Approves, Kind, Other, Step};
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};

const FORGING: [Action; 2] = [Action::UpdateSamlProvider, Action::CreateSamlProvider];

/// Whether an actor might change a provider.
pub(super) fn might_forge(view: &AccountView<'_>, actor: Actor) -> bool {
    !view.saml_providers.is_empty() && view.reach.permissions.might_any(actor, &FORGING)
}

/// The approving roles that trust a provider which the actor may change or recreate.
pub(super) fn all<'p, 'a>(view: &'p AccountView<'a>, actor: Actor) -> Vec<Other<'p, 'a>> {
    if !might_forge(view, actor) {
        return Vec::new();
    }
    let reach = &view.reach;
    let allowed = |action, provider: &str| {
        let class = reach.permissions.class_of(actor, action);
        class.map_or(Truth::No, |class| class.clauses.allow(provider))
    };
    let mut others = Vec::new();
    for (provider, roles) in &view.saml_providers {
        let changes = allowed(Action::UpdateSamlProvider, provider);
        let remakes = allowed(Action::DeleteSamlProvider, provider)
            .and(allowed(Action::CreateSamlProvider, provider));
        let makes = allowed(Action::CreateSamlProvider, provider);
        let (actions, open): (&[Action], bool) = if changes != Truth::No {
            (&[Action::UpdateSamlProvider], changes == Truth::Unknown)
        } else if remakes != Truth::No {
            let both = &[Action::DeleteSamlProvider, Action::CreateSamlProvider];
            (both, remakes == Truth::Unknown)
        } else if makes != Truth::No {
            // This takes a provider that no longer exists, which the snapshot does not show.
            (&[Action::CreateSamlProvider], true)
        } else {
            continue;
        };
        for role in roles {
            let Some(class) = reach.permissions.class_of(*role, APPROVE) else {
                continue;
            };
            let steps =
                actions.iter().map(|action| Step { action: *action, resource: provider.clone() });
            others.push(Other {
                kind: Kind::SignIn,
                called: format!("anybody in `{}`", view.name(*role)),
                steps: steps.collect(),
                is_many: true,
                open,
                approves: Approves::Now(class, reach.slots_of(*role)),
                by: view.taken(*role),
                state: None,
            });
        }
    }
    others
}

/// The SAML providers of an account whose users may sign in to these roles, with the roles.
pub(crate) fn of_roles(account: &Account, approving: &[Actor]) -> BTreeMap<String, Vec<Actor>> {
    let own = format!("arn:{}:iam::{}:saml-provider/", account.partition, account.id);
    let mut providers: BTreeMap<String, Vec<Actor>> = BTreeMap::new();
    for actor in approving {
        let Actor::Role(at) = actor else { continue };
        let Some(role) = account.role(*at) else {
            continue;
        };
        let mut federated = account.outsiders(role).federated;
        federated.sort_unstable();
        federated.dedup();
        for provider in federated.into_iter().filter(|provider| provider.starts_with(&own)) {
            providers.entry(provider).or_default().push(*actor);
        }
    }
    providers
}
