//! New users and roles with policies that allow neither everything nor an approval, but a step
//! towards one: to assume a role, for example.

use std::collections::HashSet;
use std::rc::Rc;

use iam::account::PolicyId;
use iam::{Clauses, Effect, Policy, Truth};

use super::granting::Granter;
use super::joint::{Joint, Part};
use crate::action::{Action, On};
use crate::permissions::{As, BOUNDARY, POLICY_ARN};
use crate::reach_index::UndecidedError;

/// The most policies and groups that are tried for one principal.
const MOST: usize = 64;

/// What a form may give to a new principal.
struct Gift<'a> {
    at: usize,
    action: Action,
    /// The group that it may join. Otherwise the action is about the new principal itself.
    group: Option<&'a str>,
    policies: Vec<(PolicyId, &'a Policy)>,
    /// The principals that may get it. `None` if anybody may.
    receivers: Option<Rc<Clauses<'a, PolicyId>>>,
}

impl Gift<'_> {
    fn is_for(&self, arn: &str) -> bool {
        self.receivers.as_ref().is_none_or(|receivers| receivers.allow(arn) != Truth::No)
    }

    fn denies(&self) -> bool {
        self.policies.iter().any(|(_, policy)| policy.has(Effect::Deny))
    }
}

/// The new principals that forms make together and give one policy or group, and all others that
/// deny nothing.
pub(super) fn joint<'a>(
    granter: &Granter<'_, 'a>,
    called: &'static str,
    forms: &[As<'a>],
    creators: &[Part<'a>],
    entrances: &[Option<Part<'a>>],
) -> Result<Vec<Joint<'a>>, UndecidedError> {
    let Granter { view, actor, making } = *granter;
    let frame = view.reach.scope.resources(view.account(), making.kind);
    let mut ways = Vec::new();
    for creator in creators {
        for entrance in entrances {
            let parts = [creator].into_iter().chain(entrance);
            let all: Vec<&Clauses<'a, PolicyId>> =
                parts.clone().map(|(.., clauses)| &**clauses).collect();
            // Most who may give something may make nobody.
            if view.reach.reach_all(actor, &frame, &all)?.is_some() {
                ways.push(parts);
            }
        }
    }
    if ways.is_empty() {
        return Ok(Vec::new());
    }
    let gifts = gifts(granter, forms);
    let tried = ways.iter().flat_map(|parts| gifts.iter().map(move |gift| (parts, gift)));
    let mut found = Vec::new();
    for (parts, gift) in tried {
        let of_parts = parts.clone().map(|(.., clauses)| &**clauses);
        let all: Vec<&Clauses<'a, PolicyId>> = of_parts.chain(gift.receivers.as_deref()).collect();
        let Some(reached) = view.reach.reach_all(actor, &frame, &all)? else { continue };
        let Some(arn) = granter.with_free_name(reached.witness, &all) else { continue };
        let others = gifts.iter().filter(|other| other.is_for(&arn) && !other.denies());
        let others = others.filter(|other| !std::ptr::eq(*other, gift));
        let together = [gift].into_iter().chain(others).collect();
        for given in [vec![gift], together] {
            let own = given.iter().flat_map(|gift| gift.policies.iter().copied()).collect();
            let steps = parts.clone().map(|(at, action, _)| (*at, *action, arn.clone()));
            let gifts = given.iter().map(|gift| {
                (gift.at, gift.action, gift.group.map_or_else(|| arn.clone(), str::to_owned))
            });
            let mut steps: Vec<(usize, Action, String)> = steps.collect();
            let first = steps.len().min(1);
            steps.splice(first..first, gifts);
            found.push(Joint {
                called,
                steps,
                open: reached.open,
                state: granter.state_of_new(own, &arn),
                by: granter.answerer(&granter.names(&arn, &all)),
            });
        }
    }
    Ok(found)
}

fn gifts<'a>(granter: &Granter<'_, 'a>, forms: &[As<'a>]) -> Vec<Gift<'a>> {
    let Granter { view, making, .. } = *granter;
    let account = view.account();
    let permissions = &view.reach.permissions;
    let mut seen = HashSet::new();
    let mut gifts = Vec::new();
    for (at, form) in forms.iter().enumerate() {
        let attach = permissions.class_as(form, making.attach);
        if attach.is_some_and(|class| seen.insert((making.attach, class.id))) {
            let policies = view
                .worth_attaching()
                .iter()
                .filter_map(|id| account.policy(*id).map(|it| (*id, it)));
            gifts.extend(policies.filter_map(|(id, stored)| {
                let given = [(BOUNDARY, None), (POLICY_ARN, stored.arn.as_deref())];
                let receivers = permissions.clauses_as(form, making.attach, &given)?;
                (!receivers.is_empty()).then(|| Gift {
                    at,
                    action: making.attach,
                    group: None,
                    policies: vec![(id, &*stored.policy)],
                    receivers: Some(receivers),
                })
            }));
        }
        if making.kind != On::Users {
            continue;
        }
        let Some(join) = permissions.class_as(form, Action::AddUserToGroup) else { continue };
        if seen.insert((Action::AddUserToGroup, join.id)) {
            let groups = view.worth_joining().iter().filter_map(|at| account.group(*at));
            let joined = groups.filter(|group| join.clauses.allow(&group.arn) != Truth::No);
            gifts.extend(joined.map(|group| Gift {
                at,
                action: Action::AddUserToGroup,
                group: Some(&group.arn),
                policies: account.group_grants(group).identity,
                receivers: None,
            }));
        }
    }
    gifts.truncate(MOST);
    gifts
}
