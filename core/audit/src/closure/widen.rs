//! Those who lead nowhere as they are, but whose permissions a form may change: they are followed
//! only if nothing else is left, because most principals lead nowhere.

use std::collections::BTreeSet;

use iam::account::{Actor, GroupIx, PolicyId};
use iam::{Truth, Value};

use super::write::{CHANGES_OF_ROLES, CHANGES_OF_USERS, GROUP_POLICIES, MEMBERSHIP, VERSIONS};
use super::{Classes, Closure, Form, Step, Who, follow};
use crate::action::{Action, CREDENTIALS};
use crate::passing;
use crate::permissions::As;
use crate::second_person;
use crate::steps;
use crate::targets::Among;

/// If this is equal for two principals that a form may change, they lead to the same forms.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    classes: Classes,
    /// The changes to them, each with the form that may make it.
    open_to: Vec<(usize, Action)>,
    policies: Vec<PolicyId>,
    groups: Vec<GroupIx>,
    boundary: Option<PolicyId>,
    /// What is known about it that the conditions of a change may ask.
    known: Vec<Value>,
}

impl<'a> Closure<'_, 'a> {
    /// Adds them. Returns whether anything is new.
    pub(super) fn widen(&mut self) -> bool {
        if self.writers.is_empty() {
            return false;
        }
        let (before, joined) = (self.forms.len(), self.joined.len());
        self.any_join_leads = self.may_any_join_lead();
        self.make_together();
        self.join_what_changes();
        for at in 0..before {
            if self.is_done() {
                break;
            }
            let Some(form) = self.forms.get(at) else { continue };
            let who = form.permissions.clone();
            self.widen_users(at, &who);
            self.widen_roles(at, &who);
        }
        self.forms.len() > before || self.joined.len() > joined
    }

    /// Adds users and roles that forms create, change and enter together, or one that has other
    /// permissions than now.
    fn make_together(&mut self) {
        let forms: Vec<As<'a>> = self.forms.iter().map(|form| form.permissions.clone()).collect();
        // What is too intricate here is reported about the actor itself.
        let made = second_person::made_together(self.view, self.start, &forms).unwrap_or_default();
        for joint in made {
            let steps = joint.steps.iter();
            let steps = steps.map(|(by, action, arn)| self.step(*by, *action, arn, joint.open));
            let form = Form {
                who: Who::Made(joint.called.to_owned()),
                after: joint.makers(),
                steps: steps.collect(),
                permissions: As::after(joint.state),
            };
            let at = self.forms.len();
            self.together.insert(at, joint.by);
            self.add_changed(form);
            if self.forms.len() == at {
                self.together.remove(&at);
            }
        }
    }

    fn widen_users(&mut self, at: usize, who: &As<'a>) {
        for action in CREDENTIALS {
            for (user, allowed) in self.view.targets(who, action, Among::Users).iter() {
                if self.is_worth_changing(*user) {
                    let open = *allowed == Truth::Unknown;
                    let step = self.step(at, action, self.view.account().arn(*user), open);
                    let steps = self.with_second_factor(who, *user, step);
                    self.enter(*user, at, steps);
                }
            }
        }
    }

    fn widen_roles(&mut self, at: usize, who: &As<'a>) {
        const OPEN: Action = Action::UpdateAssumeRolePolicy;
        let account = self.view.account();
        if let As::Now(actor) = who {
            let reachable = self.view.reachable(*actor);
            for (place, role) in reachable.roles().enumerate() {
                let chain = reachable.chain_to(place);
                if let Some(chain) = chain.filter(|_| self.is_worth_changing(Actor::Role(role))) {
                    let steps = steps::through(self.view, *actor, &chain.through);
                    self.enter(Actor::Role(role), at, steps);
                }
            }
        }
        let assumed =
            matches!(who, As::After(_)).then_some((Action::AssumeRole, Among::AllOpenRoles));
        let others = [(OPEN, Among::Roles), (Action::PassRole, Among::Roles)];
        for (action, among) in assumed.into_iter().chain(others) {
            for (role, allowed) in self.view.targets(who, action, among).iter() {
                let Actor::Role(place) = *role else { continue };
                let is_refused = || action == Action::AssumeRole && self.is_refused(at, *role);
                if !self.is_worth_changing(*role) || is_refused() {
                    continue;
                }
                let open = *allowed == Truth::Unknown;
                let mut steps = vec![self.step(at, action, account.arn(*role), open)];
                if action == Action::PassRole {
                    let Some(actions) = passing::way(self.view, who, place) else { continue };
                    let others = actions.into_iter().filter(|it| *it != action);
                    steps.extend(others.map(|action| self.step(at, action, "*", false)));
                }
                self.enter(*role, at, steps);
            }
        }
    }

    /// Adds an actor, although others have the same permissions, if nobody like it is added yet:
    /// with the same policies, groups and boundary, open to the same changes, and with the same
    /// values of what conditions may ask.
    fn enter(&mut self, actor: Actor, after: usize, steps: Vec<Step>) {
        if self.as_now.contains_key(&actor) || self.is_done() {
            return;
        }
        let is_like_another = !self.changeable.insert(self.likeness(actor));
        if is_like_another && !self.view.chains.has_its_own(actor) {
            return;
        }
        self.as_now.insert(actor, self.forms.len());
        let after = BTreeSet::from([after]);
        self.add(Form { who: Who::Actor(actor), permissions: As::Now(actor), after, steps });
    }

    fn likeness(&self, actor: Actor) -> Likeness {
        let account = self.view.account();
        let identity = account.identity(actor);
        let (actions, groups) = self.own_changes(actor);
        let arn = account.arn(actor);
        let writers = self.writers.iter().copied();
        let open_to = writers.flat_map(|by| actions.iter().map(move |action| (by, *action)));
        let open_to = open_to.filter(|(by, action)| self.may_do(*by, *action, arn, Some(actor)));
        let keys = self.view.keys_of_changes().iter();
        let known = keys.map(|key| self.view.reach.permissions.value(actor, key));
        Likeness {
            classes: self.classes(&As::Now(actor)),
            open_to: open_to.collect(),
            policies: identity.map(|identity| identity.policies.clone()).unwrap_or_default(),
            groups: groups.to_vec(),
            boundary: identity.and_then(|identity| identity.boundary),
            known: known.collect(),
        }
    }

    /// The actions on an actor that change its permissions, and its groups.
    fn own_changes(&self, actor: Actor) -> (&'static [Action], &'a [GroupIx]) {
        match actor {
            Actor::User(at) => {
                let user = self.view.account().user(at);
                (&CHANGES_OF_USERS, user.map_or(&[], |user| &user.groups))
            }
            Actor::Role(_) if !follow::is_unprotected(self.view, actor) => (&[], &[]),
            Actor::Role(_) => (&CHANGES_OF_ROLES, &[]),
        }
    }

    /// Whether an actor is not among the forms, and one of them may change its permissions or those
    /// of a role that it may assume.
    fn is_worth_changing(&self, actor: Actor) -> bool {
        let leads = || {
            let reachable = self.view.reachable(actor);
            reachable.roles().any(|role| {
                let role = Actor::Role(role);
                !self.as_now.contains_key(&role) && self.any_may_change_actor(role)
            })
        };
        !self.as_now.contains_key(&actor)
            && ((self.any_join_leads && matches!(actor, Actor::User(_)))
                || self.any_may_change_actor(actor)
                || leads())
    }

    fn any_may_change_actor(&self, actor: Actor) -> bool {
        let (actions, groups) = self.own_changes(actor);
        self.any_may_do(actions, self.view.account().arn(actor), Some(actor))
            || groups.iter().any(|at| self.any_may_change_group(*at))
            || (!actions.is_empty() && self.any_may_rewrite(actor))
    }

    /// Whether a form may let users join a group that gives something, or may be changed to.
    fn may_any_join_lead(&self) -> bool {
        let [_, join] = MEMBERSHIP;
        let mut groups = self.view.account().groups_by_ix();
        self.any_may(&[join])
            && groups.any(|(at, group)| {
                self.any_may_do(&[join], &group.arn, None)
                    && (self.view.worth_joining().contains(&at) || self.any_may_change_group(at))
            })
    }

    /// Whether a form may change what a group gives to its members.
    fn any_may_change_group(&self, group: GroupIx) -> bool {
        let Some(group) = self.view.account().group(group) else { return false };
        self.any_may_do(&GROUP_POLICIES, &group.arn, None)
            || self.any_may(&VERSIONS)
                && self
                    .managed(group.policies.iter().copied())
                    .iter()
                    .any(|(_, arn)| self.any_may_do(&VERSIONS, arn, None))
    }

    fn any_may_rewrite(&self, actor: Actor) -> bool {
        self.any_may(&VERSIONS)
            && self.rewritable(actor).iter().any(|(_, arn)| self.any_may_do(&VERSIONS, arn, None))
    }

    fn any_may(&self, actions: &[Action]) -> bool {
        self.writers.iter().any(|by| actions.iter().any(|action| self.may(*by, *action)))
    }

    fn any_may_do(&self, actions: &[Action], resource: &str, target: Option<Actor>) -> bool {
        self.writers
            .iter()
            .any(|by| actions.iter().any(|action| self.may_do(*by, *action, resource, target)))
    }

    fn may_do(&self, by: usize, action: Action, resource: &str, target: Option<Actor>) -> bool {
        let permissions = &self.view.reach.permissions;
        self.forms.get(by).is_some_and(|form| {
            permissions.allows_to(&form.permissions, action, resource, target, &[]) != Truth::No
        })
    }

    /// Lets users among the forms join groups that lead nowhere as they are, and that a form may
    /// change.
    fn join_what_changes(&mut self) {
        let [_, join] = MEMBERSHIP;
        if !self.any_may(&[join]) {
            return;
        }
        let account = self.view.account();
        let mut users: Vec<(usize, Actor)> =
            self.as_now.iter().map(|(actor, at)| (*at, *actor)).collect();
        users.retain(|(_, actor)| matches!(actor, Actor::User(_)));
        users.sort_unstable();
        for (at, group) in account.groups_by_ix() {
            if !self.any_may_do(&[join], &group.arn, None) || !self.any_may_change_group(at) {
                continue;
            }
            for (_, user) in &users {
                if !self.is_done() && self.joined.insert((*user, at)) {
                    for by in self.writers.clone() {
                        self.change(by, *user);
                    }
                }
            }
        }
    }
}
