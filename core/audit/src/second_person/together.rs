//! New users and roles that several make together: one creates it, another gives it a policy, and
//! another makes its credentials.

use std::collections::HashSet;

use iam::Clauses;
use iam::account::{Actor, PolicyId};

use super::granting::{Granter, Making};
use super::joint::{Joint, Part};
use super::{leading, roles, users};
use crate::account_view::AccountView;
use crate::action::Action;
use crate::permissions::{As, BOUNDARY, POLICY_ARN};
use crate::reach_index::UndecidedError;

/// What makes a new principal of one kind.
struct Kind {
    making: &'static Making,
    called: &'static str,
    signs_in: &'static [Action],
}

const KINDS: [Kind; 2] = [
    Kind { making: &users::MAKING, called: "a new user", signs_in: &users::NEW_CREDENTIALS },
    // The creator of a role writes its trust policy.
    Kind { making: &roles::MAKING, called: "a new role", signs_in: &[] },
];

/// Returns the new users and roles that `forms`, which `actor` can all act as, make together. If
/// one can be given everything, it is the only one of its kind.
pub(crate) fn made_by<'a>(
    view: &AccountView<'a>,
    actor: Actor,
    forms: &[As<'a>],
) -> Result<Vec<Joint<'a>>, UndecidedError> {
    let mut found = Vec::new();
    for Kind { making, called, signs_in } in KINDS {
        let parts = |actions: &[Action]| parts(view, forms, actions);
        let creators = parts(&[making.create]);
        if creators.is_empty() {
            continue;
        }
        let givers = parts(&[making.put, making.attach]);
        let entrances: Vec<Option<Part<'a>>> = match signs_in {
            [] => vec![None],
            _ => parts(signs_in).into_iter().map(Some).collect(),
        };
        let granter = Granter { view, actor, making };
        match joint(&granter, called, &creators, &givers, &entrances)? {
            Some(one) => found.push(one),
            None => {
                found.extend(leading::joint(&granter, called, forms, &creators, &entrances)?);
            }
        }
    }
    Ok(found)
}

/// Those whose policies may allow one of the actions without a boundary, each class once.
fn parts<'a>(view: &AccountView<'a>, forms: &[As<'a>], actions: &[Action]) -> Vec<Part<'a>> {
    let permissions = &view.reach.permissions;
    let administrator =
        format!("arn:{}:iam::aws:policy/AdministratorAccess", view.account().partition);
    let given = [(BOUNDARY, None), (POLICY_ARN, Some(administrator.as_str()))];
    let mut seen = HashSet::new();
    let mut parts = Vec::new();
    for (at, form) in forms.iter().enumerate() {
        for action in actions {
            let class = permissions.class_as(form, *action);
            if class.is_some_and(|class| seen.insert((*action, class.id)))
                && let Some(clauses) = permissions.clauses_as(form, *action, &given)
                && !clauses.is_empty()
            {
                parts.push((at, *action, clauses));
            }
        }
    }
    parts
}

/// The first new principal that one form of each part makes. It gets a policy that allows
/// everything.
fn joint<'a>(
    granter: &Granter<'_, 'a>,
    called: &'static str,
    creators: &[Part<'a>],
    givers: &[Part<'a>],
    entrances: &[Option<Part<'a>>],
) -> Result<Option<Joint<'a>>, UndecidedError> {
    let Granter { view, actor, making } = *granter;
    let reach = &view.reach;
    let frame = reach.scope.resources(view.account(), making.kind);
    let entered =
        givers.iter().flat_map(|giver| entrances.iter().map(move |entrance| (giver, entrance)));
    let ways = creators.iter().flat_map(|creator| {
        entered.clone().map(move |(giver, entrance)| [creator, giver].into_iter().chain(entrance))
    });
    for parts in ways {
        let all: Vec<&Clauses<'a, PolicyId>> =
            parts.clone().map(|(.., clauses)| &**clauses).collect();
        let Some(reached) = reach.reach_all(actor, &frame, &all)? else { continue };
        let open = reached.open;
        let Some(arn) = granter.with_free_name(reached.witness, &all) else { continue };
        let names = granter.names(&arn, &all);
        let by = granter.answerer(&names);
        let steps = parts.map(|(at, action, _)| (*at, *action, arn.clone())).collect();
        let policies = vec![(PolicyId::SUPPOSED, view.everything)];
        let state = granter.state_of_new(policies, &arn);
        return Ok(Some(Joint { called, steps, open, state, by }));
    }
    Ok(None)
}
