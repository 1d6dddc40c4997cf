//! Roles that somebody could make or take over. A person who writes a role's trust policy can let
//! anybody in, also from another account, so the person's own permissions for sts:AssumeRole do not
//! matter.

use iam::Truth;
use iam::account::{Account, Actor};

use super::granting::{Granter, Making};
use super::{Approves, Kind, Other, Step};
use crate::account_view::AccountView;
use crate::action::{Action, On};
use crate::answerer::Answerer;
use crate::permissions::{As, State};
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
        name(view.account(), &mut state, &grant.to);
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

/// The condition key of the principal. For the session of a role, it is the role.
const PRINCIPAL: &str = "aws:PrincipalArn";

/// Gives a new role its ARN, if the policies that decide for it say the same about every name that
/// it can have.
fn name(account: &Account, state: &mut State<'_>, arn: &str) {
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
            by: view.taken(role),
            state: None,
        });
        plain += usize::from(is_plain);
        if plain >= 2 || others.len() >= MOST {
            break;
        }
    }
    others
}
