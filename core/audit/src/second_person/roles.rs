//! Roles that somebody could make or take over. A person who writes a role's trust policy can let
//! anybody in, also from another account, so the person's own permissions for sts:AssumeRole do not
//! matter.

use iam::Truth;
use iam::account::Actor;

use super::granting::{Granter, Making};
use super::{Approves, Kind, Other, Step, new_arn};
use crate::account_view::AccountView;
use crate::action::{Action, On};
use crate::answerer::Answerer;
use crate::permissions::As;
use crate::reach_index::UndecidedError;
use crate::targets::Among;

pub(super) const MAKING: Making = Making {
    kind: On::Roles,
    create: Action::CreateRole,
    put: Action::PutRolePolicy,
    attach: Action::AttachRolePolicy,
};

const OPENING: [Action; 2] = [Action::CreateRole, Action::UpdateAssumeRolePolicy];
const GIVING: [Action; 2] = [Action::PutRolePolicy, Action::AttachRolePolicy];

/// The number of existing roles that are tried: a few are enough to show the problem.
const MOST: usize = 8;

/// Whether an actor might make a role or take one over.
pub(super) fn might_make(view: &AccountView<'_>, actor: Actor) -> bool {
    let permissions = &view.reach.permissions;
    permissions.might_any(actor, &OPENING) && permissions.might_any(actor, &GIVING)
}

/// New roles or, if none can be made, existing roles.
pub(super) fn all<'p, 'a>(
    view: &'p AccountView<'a>,
    actor: Actor,
) -> Result<Vec<Other<'p, 'a>>, UndecidedError> {
    if !might_make(view, actor) {
        return Ok(Vec::new());
    }
    let granter = Granter { view, actor, making: &MAKING };
    let permissions = &view.reach.permissions;
    let may_be_tagged = permissions.might(actor, Action::TagRole);
    let grants = granter.to_a_new_one(None)?;
    let new_ones = grants.iter().cloned().map(|grant| {
        let mut state =
            permissions.state_of_new(false, may_be_tagged, grant.policies, grant.boundary);
        new_arn::set(view.account(), &mut state, &grant.to);
        let step = |action| Step { action, resource: grant.to.clone() };
        let by = Answerer::any(grant.names.iter().map(|role| view.session_of(role)));
        Other {
            kind: Kind::Role,
            called: "a new role".to_owned(),
            steps: vec![step(Action::CreateRole), step(grant.step)],
            is_many: grant.is_many,
            open: grant.open,
            approves: Approves::Supposed(state.clauses()),
            by,
            state: Some(state),
        }
    });
    let others: Vec<Other<'p, 'a>> = new_ones.collect();
    if others.is_empty() {
        return Ok(taken_over(&granter));
    }
    Ok(others)
}

/// Existing roles whose trust policies the actor may write, and that it may give a slot. Two that
/// have nothing to do with approvals show best that any role can be used.
fn taken_over<'p, 'a>(granter: &Granter<'p, 'a>) -> Vec<Other<'p, 'a>> {
    let Granter { view, actor, .. } = *granter;
    let account = view.account();
    let permissions = &view.reach.permissions;
    let mut others = Vec::new();
    let mut plain = 0;
    let opens = view.targets(&As::Now(actor), Action::UpdateAssumeRolePolicy, Among::Roles);
    for (role, allowed) in opens.iter().copied().filter(|(role, _)| *role != actor) {
        let Some(identity) = account.identity(role) else { continue };
        let Some((action, policies)) = granter.to_an_existing_one(role) else {
            continue;
        };
        let mut state = permissions.state(role);
        let is_plain = identity.boundary.is_none() && state.grants.policies().next().is_none();
        state.grants.identity.extend(policies);
        let step = |action| Step { action, resource: identity.arn.clone() };
        others.push(Other {
            kind: Kind::Role,
            called: format!("`{}`", identity.name),
            steps: vec![step(Action::UpdateAssumeRolePolicy), step(action)],
            is_many: false,
            open: allowed == Truth::Unknown,
            approves: Approves::Supposed(state.clauses()),
            by: view.taken(actor, role),
            state: None,
        });
        plain += usize::from(is_plain);
        if plain >= 2 || others.len() >= MOST {
            break;
        }
    }
    others
}
