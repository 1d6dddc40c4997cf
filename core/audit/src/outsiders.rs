//! People and workloads outside the account that may enter the roles of two slots.

use std::collections::{BTreeMap, HashMap};

use iam::Condition;
use iam::account::{Entrance, Outsider, RoleIx};

use crate::account_view::AccountView;
use crate::entered_roles::{EnteredRoles, ServedTogether};
use crate::identity_center::permission_set_of;
use crate::reach_index::UndecidedError;

/// An outsider, and two slots that it may serve.
pub(crate) struct OutsiderOfBoth {
    pub(crate) outsider: Outsider,
    /// Whether the trust policies of both roles name this one principal. If not, the account does
    /// not show whether there is one human who may enter both.
    pub(crate) is_certain: bool,
    pub(crate) served: ServedTogether,
}

/// Finds the outsiders that may serve two slots, each as a different role. What leads to both slots
/// as one role is reported about the role.
pub(crate) fn find(view: &AccountView<'_>) -> Result<Vec<OutsiderOfBoth>, UndecidedError> {
    let account = view.account();
    // The people behind these roles are those of IAM Identity Center.
    let roles =
        account.roles_by_ix().filter(|(_, role)| permission_set_of(&role.identity).is_none());
    let mut named: Vec<(RoleIx, Vec<Outsider>)> =
        roles.map(|(at, role)| (at, account.named_outsiders(role))).collect();
    named.retain(|(_, outsiders)| !outsiders.is_empty());
    let entered = EnteredRoles::new(view, named.iter().map(|(role, _)| *role))?;
    let mut outsiders: BTreeMap<String, &Outsider> = BTreeMap::new();
    let mut naming: HashMap<String, Vec<RoleIx>> = HashMap::new();
    for (role, named) in named.iter().filter(|(role, _)| entered.needs_another(*role)) {
        for outsider in named {
            let identity = outsider.identity();
            let roles = naming.entry(identity.clone()).or_default();
            if roles.last() != Some(role) {
                roles.push(*role);
            }
            outsiders.entry(identity).or_insert(outsider);
        }
    }
    let mut found = Vec::new();
    for (identity, outsider) in outsiders {
        let broader = broader(outsider).map(|it| it.identity());
        let keys = std::iter::once(identity).chain(broader);
        let mut roles: Vec<RoleIx> =
            keys.filter_map(|key| naming.get(&key)).flatten().copied().collect();
        roles.sort_unstable();
        roles.dedup();
        let entrances = roles.iter().map(|at| {
            let role = account.role(*at);
            role.map_or_else(Vec::new, |role| role.entrances(outsider))
        });
        let entrances: Vec<Vec<Entrance<'_>>> = entrances.collect();
        let search = |accepts: fn(&Entrance<'_>, &Entrance<'_>) -> bool| {
            entered.two_slots(&roles, None, |i, j| {
                let [of_i, of_j] =
                    [i, j].map(|at| entrances.get(at).map_or(&[][..], Vec::as_slice));
                let mut both = of_i.iter().flat_map(|a| of_j.iter().map(move |b| (a, b)));
                both.any(|(a, b)| accepts(a, b) && !are_of_different_humans(outsider, a, b))
            })
        };
        let is_one = matches!(outsider, Outsider::Principal(_));
        let certain = if is_one { search(|a, b| a.by_name && b.by_name)? } else { None };
        let is_certain = certain.is_some();
        // Two roles that only trust more than this outsider are reported about that.
        let served = match certain {
            Some(served) => Some(served),
            None => search(|a, b| a.by_name || b.by_name)?,
        };
        found.extend(served.map(|served| OutsiderOfBoth {
            outsider: outsider.clone(),
            is_certain,
            served,
        }));
    }
    Ok(found)
}

/// Who else stands for an outsider: its account, and everybody.
fn broader(outsider: &Outsider) -> impl Iterator<Item = Outsider> {
    let account = match outsider {
        Outsider::Principal(_) => outsider.account().map(|id| Outsider::Account(id.to_owned())),
        Outsider::Account(_) | Outsider::Saml(_) | Outsider::Web(_) | Outsider::Anybody => None,
    };
    let everybody = match outsider {
        Outsider::Principal(_) | Outsider::Account(_) => Some(Outsider::Anybody),
        Outsider::Saml(_) | Outsider::Web(_) | Outsider::Anybody => None,
    };
    account.into_iter().chain(everybody)
}

/// Whether the conditions of two statements want two different humans.
fn are_of_different_humans(outsider: &Outsider, a: &Entrance<'_>, b: &Entrance<'_>) -> bool {
    let about = a.conditions.iter().filter(|condition| is_about_the_human(outsider, condition));
    let mut pairs = about.flat_map(|a| b.conditions.iter().map(move |b| (a, b)));
    pairs.any(|(a, b)| a.excludes(b))
}

/// Whether a condition key belongs to the human or the workload, and not to the request: callers
/// choose the names and the external ids of sessions, and ask their provider for an audience
/// (GitHub Docs, "OpenID Connect reference", `aud`). A Cognito identity belongs to one pool, which
/// is its audience. The keys: IAM User Guide, "IAM and AWS STS condition context keys" and "AWS
/// global condition context keys".
fn is_about_the_human(outsider: &Outsider, condition: &Condition) -> bool {
    let key = condition.key().to_ascii_lowercase();
    let is_signed_in = matches!(outsider, Outsider::Saml(_) | Outsider::Web(_));
    key.ends_with(":sub")
        || key.starts_with("aws:principaltag/")
        // The identity provider sets the tags of those that it signs in.
        || (is_signed_in && key.starts_with("aws:requesttag/"))
        || [
            "aws:principalarn",
            "aws:principalaccount",
            "aws:principalorgid",
            "aws:userid",
            "aws:username",
            "cognito-identity.amazonaws.com:aud",
        ]
        .contains(&key.as_str())
}

/// The ARN or the host name of an outsider.
pub(crate) fn name(outsider: &Outsider) -> &str {
    match outsider {
        Outsider::Principal(name)
        | Outsider::Account(name)
        | Outsider::Saml(name)
        | Outsider::Web(name) => name,
        Outsider::Anybody => "*",
    }
}
