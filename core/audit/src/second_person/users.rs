//! Users that somebody could make or take over, with a slot and with credentials.

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Policy, Truth};

use super::granting::{Granter, Making};
use super::{Approves, Kind, Other, Step};
use crate::account_view::AccountView;
use crate::action::{Action, CREDENTIALS, On};
use crate::answerer::Answerer;
use crate::permissions::As;
use crate::reach_index::UndecidedError;
use crate::targets::Among;

pub(super) const MAKING: Making = Making {
    kind: On::Users,
    create: Action::CreateUser,
    put: Action::PutUserPolicy,
    attach: Action::AttachUserPolicy,
};

/// The actions that let a new user sign in.
pub(super) const NEW_CREDENTIALS: [Action; 2] =
    [Action::CreateAccessKey, Action::CreateLoginProfile];

const GIVING: [Action; 3] =
    [Action::PutUserPolicy, Action::AttachUserPolicy, Action::AddUserToGroup];

/// The number of ways through existing users that are tried: a few are enough to show the problem.
const MOST: usize = 8;

/// Whether an actor might make a user or take one over.
pub(super) fn might_make(view: &AccountView<'_>, actor: Actor) -> bool {
    let permissions = &view.reach.permissions;
    permissions.might_any(actor, &CREDENTIALS) && permissions.might_any(actor, &GIVING)
}

/// New users or, if none can be made, existing users.
pub(super) fn all<'p, 'a>(
    view: &'p AccountView<'a>,
    actor: Actor,
) -> Result<Vec<Other<'p, 'a>>, UndecidedError> {
    if !might_make(view, actor) {
        return Ok(Vec::new());
    }
    let granter = Granter { view, actor, making: &MAKING };
    let mut others = Vec::new();
    for credential in NEW_CREDENTIALS {
        others.extend(new_ones(&granter, credential)?);
        if !others.is_empty() {
            return Ok(others);
        }
    }
    Ok(taken_over(&granter))
}

fn new_ones<'p, 'a>(
    granter: &Granter<'p, 'a>,
    credential: Action,
) -> Result<Vec<Other<'p, 'a>>, UndecidedError> {
    let Granter { view, actor, .. } = *granter;
    let reach = &view.reach;
    let permissions = &reach.permissions;
    let (Some(create), Some(signs_in)) =
        (permissions.class_of(actor, Action::CreateUser), permissions.class_of(actor, credential))
    else {
        return Ok(Vec::new());
    };
    let may_be_tagged = permissions.might(actor, Action::TagUser);
    let new_one = |names: &[String],
                   given: Step,
                   own: Vec<(PolicyId, &'a Policy)>,
                   boundary,
                   is_many,
                   open| {
        let to = names.first().map_or("", String::as_str);
        let state = permissions.state_of_new(true, may_be_tagged, own, boundary);
        let step = |action| Step { action, resource: to.to_owned() };
        Other {
            kind: Kind::User,
            called: "a new user".to_owned(),
            steps: vec![step(Action::CreateUser), given, step(credential)],
            is_many,
            open,
            approves: Approves::Supposed(state.clauses()),
            by: Answerer::new_user(names, is_many),
            state: Some(state),
        }
    };
    let mut others = Vec::new();
    for grant in granter.to_a_new_one(Some(&signs_in))?.iter().cloned() {
        let given = Step { action: grant.step, resource: grant.to.clone() };
        let one =
            new_one(&grant.names, given, grant.policies, grant.boundary, grant.is_many, grant.open);
        others.push(one);
    }
    if !others.is_empty() {
        return Ok(others);
    }
    let frame = reach.scope.resources(view.account(), On::Users);
    let both: [&Clauses<'a, PolicyId>; 2] = [&create.clauses, &signs_in.clauses];
    let Some(found) = reach.reach_all(actor, &frame, &both)? else {
        return Ok(others);
    };
    let open = found.open;
    let Some(to) = granter.with_free_name(found.witness, &both) else {
        return Ok(others);
    };
    let is_many = both.iter().all(|clauses| clauses.only().is_none());
    let names = granter.names(&to, &both);
    for (group, policies, joining) in groups(granter) {
        let given = Step { action: Action::AddUserToGroup, resource: group.to_owned() };
        let open = open || joining == Truth::Unknown;
        others.push(new_one(&names, given, policies, None, is_many, open));
    }
    Ok(others)
}

/// The ARN of a group, its policies, and whether the actor may put users into it.
type Joinable<'a> = (&'a str, Vec<(PolicyId, &'a Policy)>, Truth);

/// The groups that serve a slot and that the actor may put users into.
fn groups<'a>(granter: &Granter<'_, 'a>) -> Vec<Joinable<'a>> {
    let account = granter.view.account();
    let reach = &granter.view.reach;
    let Some(class) = reach.permissions.class_of(granter.actor, Action::AddUserToGroup) else {
        return Vec::new();
    };
    let serving = account.groups_by_ix();
    let serving = serving.filter(|(at, _)| reach.slots_of_group(*at).any());
    let joining = serving.map(|(_, group)| {
        let policies = account.group_grants(group).identity;
        (group.arn.as_str(), policies, class.clauses.allow(&group.arn))
    });
    joining.filter(|(_, _, joining)| *joining != Truth::No).collect()
}

/// Existing users that the actor may give a slot, and whose credentials it may make. Two that have
/// nothing to do with approvals show best that any user can be used.
fn taken_over<'p, 'a>(granter: &Granter<'p, 'a>) -> Vec<Other<'p, 'a>> {
    let Granter { view, actor, .. } = *granter;
    let account = view.account();
    let permissions = &view.reach.permissions;
    let mut credentials = view.takeable(&As::Now(actor), Among::Users);
    let groups = groups(granter);
    let mut others: Vec<Other<'p, 'a>> = Vec::new();
    let mut plain = 0;
    credentials.remove(&actor);
    for (user, (credential, allowed)) in credentials {
        let Some(identity) = account.identity(user) else { continue };
        let other = |given: Step, more: Vec<(PolicyId, &'a Policy)>, open| {
            let mut state = permissions.state(user);
            state.grants.identity.extend(more);
            let step = Step { action: credential, resource: identity.arn.clone() };
            Other {
                kind: Kind::User,
                called: format!("`{}`", identity.name),
                steps: vec![given, step],
                is_many: false,
                open,
                approves: Approves::Supposed(state.clauses()),
                by: view.taken(actor, user),
                state: None,
            }
        };
        let is_plain = identity.boundary.is_none()
            && permissions.state(user).grants.policies().next().is_none();
        let before = others.len();
        if let Some((action, policies)) = granter.to_an_existing_one(user) {
            let given = Step { action, resource: identity.arn.clone() };
            others.push(other(given, policies, allowed == Truth::Unknown));
        } else {
            for (group, policies, joining) in &groups {
                let given = Step { action: Action::AddUserToGroup, resource: (*group).to_owned() };
                let open = [allowed, *joining].contains(&Truth::Unknown);
                others.push(other(given, policies.clone(), open));
            }
        }
        plain += usize::from(is_plain && others.len() > before);
        if plain >= 2 || others.len() >= MOST {
            break;
        }
    }
    others
}
