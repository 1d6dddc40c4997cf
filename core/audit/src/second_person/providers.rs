//! Roles whose identity provider somebody could change.
//!
//! A person who has the key of a SAML provider can sign in under any session name. The keys of an
//! OpenID Connect provider stay with its issuer, and its URL cannot be changed. But its client IDs
//! are the audiences for which its tokens are accepted (IAM User Guide, "Create an OpenID Connect
//! (OIDC) identity provider in IAM"), so somebody who adds one lets another application of that
//! issuer in. The account does not show whether anybody has an application there. A thumbprint only
//! checks the issuer's certificate, so a new one lets nobody in who does not control the issuer's
//! address.

use std::collections::BTreeMap;

use iam::account::{Account, Actor, Role};
use iam::{Condition, Effect, Truth};

use super::{Approves, Kind, Other, Step};
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};

const FORGING: [Action; 2] = [Action::UpdateSamlProvider, Action::CreateSamlProvider];

/// Whether an actor might change a provider.
pub(super) fn might_forge(view: &AccountView<'_>, actor: Actor) -> bool {
    might_forge_saml(view, actor) || view.reach.permissions.might(actor, Action::AddClientId)
}

fn might_forge_saml(view: &AccountView<'_>, actor: Actor) -> bool {
    !view.saml_providers.is_empty() && view.reach.permissions.might_any(actor, &FORGING)
}

/// The approving roles that trust a provider which the actor may change or recreate.
pub(super) fn all<'p, 'a>(view: &'p AccountView<'a>, actor: Actor) -> Vec<Other<'p, 'a>> {
    let mut others = by_client_ids(view, actor);
    if might_forge_saml(view, actor) {
        others.extend(by_saml(view, actor));
    }
    others
}

/// The approving roles that anybody with a token of a provider may assume, if the actor may add a
/// client ID to it.
fn by_client_ids<'p, 'a>(view: &'p AccountView<'a>, actor: Actor) -> Vec<Other<'p, 'a>> {
    let reach = &view.reach;
    let account = view.account();
    let action = Action::AddClientId;
    let Some(adds) = reach.permissions.class_of(actor, action) else { return Vec::new() };
    let mut others = Vec::new();
    let roles = account.roles_by_ix().map(|(at, role)| (Actor::Role(at), role));
    for (role, of_role) in roles.filter(|(role, _)| reach.slots_of(*role).any()) {
        let providers = unconditional_providers(of_role);
        let mut changed = providers.filter(|it| adds.clauses.allow(it) != Truth::No);
        let class = reach.permissions.class_of(role, APPROVE);
        if let (Some(provider), Some(class)) = (changed.next(), class) {
            others.push(Other {
                kind: Kind::SignIn,
                called: format!("anybody in `{}`", view.name(role)),
                steps: vec![Step { action, resource: provider.to_owned() }],
                is_many: true,
                open: true,
                approves: Approves::Now(class, reach.slots_of(role)),
                by: view.taken(actor, role),
                state: None,
            });
        }
    }
    others
}

/// The OpenID Connect providers that a role trusts without a condition on the audience or the
/// subject.
fn unconditional_providers(role: &Role) -> impl Iterator<Item = &str> {
    let restricts = |condition: &Condition| {
        let key = condition.key().to_ascii_lowercase();
        [":aud", ":sub", ":azp", ":amr", ":oaud"].iter().any(|end| key.ends_with(end))
    };
    let statements = role.trust.statements.iter().filter(move |statement| {
        statement.effect == Effect::Allow
            && statement.actions.include("sts:assumerolewithwebidentity")
            && !statement.conditions.iter().any(restricts)
    });
    let federated =
        statements.flat_map(|statement| &statement.principals).flat_map(|it| &it.federated);
    federated.map(String::as_str).filter(|provider| provider.contains(":oidc-provider/"))
}

fn by_saml<'p, 'a>(view: &'p AccountView<'a>, actor: Actor) -> Vec<Other<'p, 'a>> {
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
                by: view.taken(actor, *role),
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
