//! Roles whose SAML provider somebody could change: whoever has the provider's key signs in as
//! anybody, by any session name.
//!
//! Nothing alike follows from OpenID Connect providers: their keys stay with the issuer, whatever
//! is changed in the account.

use std::collections::BTreeMap;

use iam::Truth;
use iam::account::{Account, Actor};

use super::{Approves, Kind, Other, Step};
use crate::action::{APPROVE, Action};
use crate::picture::Picture;

const FORGING: [Action; 2] = [Action::UpdateSamlProvider, Action::CreateSamlProvider];

pub(super) fn might_forge(picture: &Picture<'_>, actor: Actor) -> bool {
    !picture.saml_providers.is_empty() && picture.survey.permissions.might_any(actor, &FORGING)
}

/// The approving roles that trust a provider which the actor may change, or make anew.
pub(super) fn all<'p, 'a>(picture: &'p Picture<'a>, actor: Actor) -> Vec<Other<'p, 'a>> {
    if !might_forge(picture, actor) {
        return Vec::new();
    }
    let survey = &picture.survey;
    let allowed = |action, provider: &str| {
        let alike = survey.permissions.alike(actor, action);
        alike.map_or(Truth::No, |alike| alike.clauses.allow(provider))
    };
    let mut others = Vec::new();
    for (provider, roles) in &picture.saml_providers {
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
            // Only where the provider is gone: what the snapshot does not say.
            (&[Action::CreateSamlProvider], true)
        } else {
            continue;
        };
        for role in roles {
            let Some(alike) = survey.permissions.alike(*role, APPROVE) else {
                continue;
            };
            let steps =
                actions.iter().map(|action| Step { action: *action, resource: provider.clone() });
            others.push(Other {
                kind: Kind::SignIn,
                called: format!("anybody in `{}`", picture.name(*role)),
                steps: steps.collect(),
                is_many: true,
                open,
                approves: Approves::Now(alike, survey.approvals(*role)),
            });
        }
    }
    others
}

/// The SAML providers of an account that may sign in to these roles, with the roles.
pub(crate) fn of_roles(account: &Account, approving: &[Actor]) -> BTreeMap<String, Vec<Actor>> {
    let own = format!("arn:{}:iam::{}:saml-provider/", account.partition, account.id);
    let mut providers: BTreeMap<String, Vec<Actor>> = BTreeMap::new();
    for actor in approving {
        let Actor::Role(at) = actor else { continue };
        let Some(role) = account.roles.get(*at) else {
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
