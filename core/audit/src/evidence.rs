//! Evidence: the chain from a principal to the statements that decide.

use iam::account::{Account, Actor, Assumption, PolicyId, RoleIx};
use iam::policy::Statement;
use iam::{Blame, Condition, Effect};

use crate::account_view::AccountView;
use crate::action::Action;
use crate::entered_roles::Entered;
use crate::role_chains::RoleChains;
use findings::Evidence;

/// The actor itself, the first link of a chain.
pub(super) fn actor(account: &Account, actor: Actor, detail: &str) -> Evidence {
    Evidence::new(kind(actor), account.arn(actor), detail)
}

/// `user` or `role`.
pub(super) fn kind(actor: Actor) -> &'static str {
    match actor {
        Actor::User(_) => "user",
        Actor::Role(_) => "role",
    }
}

/// The chain to the statements that decide about an action: the group that gives the actor the
/// policy, the policy, the statement and its open conditions.
pub(super) fn chain(
    account: &Account,
    actor: Actor,
    action: Action,
    blames: &[Blame<'_, PolicyId>],
) -> Vec<Evidence> {
    let mut chain = Vec::new();
    let mut last = None;
    for blame in blames {
        let Some(stored) = account.policy(blame.source) else {
            continue;
        };
        if last.replace(blame.source) != Some(blame.source) {
            chain.extend(holding_group(account, actor, blame.source));
            let how = match &stored.arn {
                Some(_) => format!("managed policy `{}`", stored.name),
                None => "inline policy".to_owned(),
            };
            let name = stored.arn.as_deref().unwrap_or(&stored.name);
            chain.push(Evidence::new("policy", name, how));
        }
        let found = stored.policy.statements.get(blame.statement);
        let is_read = stored.unread.is_none();
        chain.extend(statement(found, blame.statement, is_read, action, blame.effect));
        chain.extend(conditions(&blame.open, blame.effect));
    }
    chain
}

/// The most steps of a chain that are shown at each of its ends.
pub(super) const SHOWN: usize = 5;

/// The first steps of a chain, those between, and the last ones. A short chain has no middle.
pub(super) fn ends_and_middle<T>(chain: &[T], end: usize) -> [&[T]; 3] {
    let (first, rest) = chain.split_at_checked(end).unwrap_or((chain, &[]));
    let left_out = rest.len().saturating_sub(end);
    let (middle, last) = rest.split_at_checked(left_out).unwrap_or((&[], rest));
    [first, middle, last]
}

/// The evidence of a chain of roles, step by step. The middle of a long chain is left out.
pub(super) fn chain_of_roles(
    view: &AccountView<'_>,
    actor: Actor,
    through: &[RoleIx],
) -> Vec<Evidence> {
    let account = view.account();
    let shown = |actor, through| -> Vec<Evidence> {
        let steps = RoleChains::assumptions(&view.reach, actor, through).into_iter();
        steps.flat_map(|(from, to, step)| assumption(account, from, to, &step)).collect()
    };
    let [first, middle, last] = ends_and_middle(through, SHOWN);
    let mut evidence = shown(actor, first);
    let before = middle.last().or(first.last()).map_or(actor, |role| Actor::Role(*role));
    if let Some(role) = middle.last() {
        let detail = format!("can be assumed next, after {} more steps", middle.len());
        evidence.push(Evidence::new("role", account.arn(Actor::Role(*role)), detail));
    }
    evidence.extend(shown(before, last));
    evidence
}

/// The roles that are assumed after one that is entered from outside the account.
pub(super) fn entered_role(view: &AccountView<'_>, entered: &Entered) -> Vec<Evidence> {
    let role = Actor::Role(entered.role);
    let assumed = entered.chain.iter().flat_map(|chain| {
        let first = actor(view.account(), role, "can be entered from outside");
        std::iter::once(first).chain(chain_of_roles(view, role, &chain.through))
    });
    assumed.collect()
}

/// The chain to the statements that let an actor assume a role.
pub(super) fn assumption(
    account: &Account,
    actor: Actor,
    role: RoleIx,
    assumption: &Assumption<'_>,
) -> Vec<Evidence> {
    let action = Action::AssumeRole;
    let mut chain = chain(account, actor, action, &assumption.own);
    let Some(role) = account.role(role) else {
        return chain;
    };
    chain.push(Evidence::new("role", &role.identity.arn, "can be assumed, by its trust policy"));
    for (at, open) in &assumption.trust {
        let found = role.trust.statements.get(*at);
        let effect = found.map_or(Effect::Allow, |statement| statement.effect);
        chain.extend(statement(found, *at, role.unread_trust.is_none(), action, effect));
        chain.extend(conditions(open, effect));
    }
    chain
}

/// The group that gives an actor a policy. `None` if the policy is the actor's own.
fn holding_group(account: &Account, actor: Actor, policy: PolicyId) -> Option<Evidence> {
    let Actor::User(at) = actor else { return None };
    let user = account.user(at)?;
    if user.identity.policies.contains(&policy) || user.identity.boundary == Some(policy) {
        return None;
    }
    let mut groups = user.groups.iter().filter_map(|group| account.group(*group));
    let group = groups.find(|group| group.policies.contains(&policy))?;
    Some(Evidence::new("group", &group.arn, "has the user as a member"))
}

/// The most characters of a statement.
const TEXT: usize = 1000;

/// A statement. What stands for one that cannot be read has no text.
fn statement(
    statement: Option<&Statement>,
    at: usize,
    is_read: bool,
    action: Action,
    effect: Effect,
) -> Option<Evidence> {
    let statement = statement?;
    let name = match statement.sid.as_deref() {
        Some(sid) if !sid.is_empty() => sid.to_owned(),
        Some(_) | None => format!("number {}", at + 1),
    };
    let does = match effect {
        Effect::Allow => format!("allows {action}"),
        Effect::Deny => format!("may still deny {action}"),
    };
    let mut evidence = Evidence::new("statement", name, does);
    evidence.text = is_read.then(|| {
        let mut text = statement.to_string();
        if let Some((end, _)) = text.char_indices().nth(TEXT) {
            text.truncate(end);
            text.push('…');
        }
        text
    });
    Some(evidence)
}

fn conditions(open: &[&Condition], effect: Effect) -> Vec<Evidence> {
    let when = match effect {
        Effect::Allow => "has to hold when the request is made",
        Effect::Deny => "denies if it holds",
    };
    open.iter().map(|condition| Evidence::new("condition", condition.to_string(), when)).collect()
}
