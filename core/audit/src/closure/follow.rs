//! The forms that a form leads to: the roles that it may assume, take over or pass, the users whose
//! credentials it may make, and the users and roles that it may create.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use iam::Truth;
use iam::account::Actor;

use super::{Closure, Form, Step, Who};
use crate::action::{APPROVE, Action, CREDENTIALS};
use crate::escalation::{REMOVALS, WRITES};
use crate::of_aws::is_of_aws;
use crate::passing;
use crate::permissions::{After, As, State};
use crate::second_person;
use crate::steps;
use crate::targets::Among;

/// The actions that may lead to another form by themselves, except to assume a role.
pub(crate) fn leading() -> Vec<Action> {
    const OTHERS: [Action; 5] = [
        Action::CreateUser,
        Action::CreateRole,
        Action::UpdateSamlProvider,
        Action::CreateSamlProvider,
        Action::CreatePolicy,
    ];
    let mut all: Vec<Action> = WRITES.iter().chain(&REMOVALS).chain(&OTHERS).copied().collect();
    all.extend(super::identity_center::ACTIONS);
    all
}

/// All actions on which the forms that a form leads to depend. `bypassing` are those past the gate.
pub(crate) fn deciding(bypassing: &[Action]) -> Vec<Action> {
    let mut all = leading();
    all.extend([Action::AssumeRole, Action::EnableMfaDevice, APPROVE]);
    all.extend(bypassing);
    all.extend(passing::actions());
    all.sort_unstable();
    all.dedup();
    all
}

impl<'a> Closure<'_, 'a> {
    /// Adds the forms that a form leads to.
    pub(super) fn follow(&mut self, at: usize) {
        let Some(form) = self.forms.get(at) else { return };
        let (who, permissions) = (form.who.clone(), form.permissions.clone());
        let writing = self.writing(&permissions);
        if writing.as_ref().is_some_and(|writing| !self.writing.contains(writing)) {
            self.writing.extend(writing);
            self.writers.push(at);
            let mut actors: Vec<(usize, Actor)> =
                self.as_now.iter().map(|(actor, at)| (*at, *actor)).collect();
            actors.sort_unstable();
            for (_, actor) in actors {
                if !self.is_done() {
                    self.change(at, actor);
                }
            }
        }
        if let (Who::Actor(actor), As::Now(_)) = (who, &permissions) {
            for writer in self.writers.clone() {
                if !self.is_done() {
                    self.change(writer, actor);
                }
            }
        }
        let ways = [
            Self::assume,
            Self::impersonate,
            Self::open,
            Self::pass,
            Self::sign_in,
            Self::make,
            Self::administer,
            Self::assume_to_change,
        ];
        for way in ways {
            if !self.is_done() {
                way(self, at, &permissions);
            }
        }
    }

    /// One step of a form.
    pub(super) fn step(&self, by: usize, action: Action, resource: &str, open: bool) -> Step {
        let form = self.forms.get(by);
        Step {
            by: form.map_or(Who::Made(String::new()), |form| form.who.clone()),
            is_changed: form.is_some_and(|form| matches!(form.permissions, As::After(_))),
            action,
            resource: resource.to_owned(),
            open,
        }
    }

    fn assume(&mut self, at: usize, who: &As<'a>) {
        let account = self.view.account();
        match who {
            As::Now(actor) => {
                let reachable = self.view.reachable(*actor);
                for (place, role) in reachable.mattering() {
                    if self.is_done() {
                        return;
                    }
                    let Some(chain) = reachable.chain_to(place) else { continue };
                    if self.as_now.contains_key(&Actor::Role(role)) {
                        continue;
                    }
                    let steps = steps::through(self.view, *actor, &chain.through);
                    self.add_actor(Actor::Role(role), BTreeSet::from([at]), steps);
                }
            }
            As::After(after) => {
                let targets = self.view.targets(who, Action::AssumeRole, Among::OpenRoles);
                let targets = targets.iter().filter(|(role, _)| !self.is_refused(at, *role));
                let targets = targets.map(|(role, may)| (*role, *may == Truth::Unknown));
                let mut targets: Vec<(Actor, bool)> = targets.collect();
                if let Some(Who::Actor(actor)) = self.forms.get(at).map(|form| &form.who) {
                    targets.extend(self.told_apart(*actor, after));
                }
                for (role, open) in targets {
                    let step = self.step(at, Action::AssumeRole, account.arn(role), open);
                    self.add_actor(role, BTreeSet::from([at]), vec![step]);
                }
            }
        }
    }

    /// The roles that an actor may assume after changes, of those whose trust policies name it or
    /// have conditions about it, and whether that depends on the request.
    pub(super) fn told_apart(&self, actor: Actor, after: &After<'a>) -> Vec<(Actor, bool)> {
        let account = self.view.account();
        let mut roles = self.view.chains.telling_apart(actor).peekable();
        let State { grants, context } = &after.state;
        let assumer =
            roles.peek().and_then(|_| account.assumer_after(actor, grants, context.clone()));
        let Some(assumer) = assumer else { return Vec::new() };
        let assumed = roles.filter_map(|role| {
            let assumption = assumer.assume(account.role(role)?)?;
            let own = assumption.own.iter().map(|blame| blame.open.len());
            let open =
                assumption.trust.iter().map(|(_, open)| open.len()).chain(own).sum::<usize>();
            Some((Actor::Role(role), open > 0))
        });
        assumed.collect()
    }

    /// Whether the trust policy of a role denies a form, no matter how it is changed.
    pub(super) fn is_refused(&self, at: usize, role: Actor) -> bool {
        let (Some(Form { who: Who::Actor(actor), .. }), Actor::Role(role)) =
            (self.forms.get(at), role)
        else {
            return false;
        };
        let assumer = self.view.reach.permissions.assumer(*actor);
        let role = self.view.account().role(role);
        assumer.zip(role).is_some_and(|(assumer, role)| assumer.is_refused(role))
    }

    /// The roles that matter only because a form may change them.
    fn assume_to_change(&mut self, at: usize, who: &As<'a>) {
        const ROLES: [Action; 2] = [Action::PutRolePolicy, Action::AttachRolePolicy];
        const POLICIES: [Action; 2] =
            [Action::CreatePolicyVersion, Action::SetDefaultPolicyVersion];
        let reach = &self.view.reach;
        let may_any = |actions: &[Action]| actions.iter().any(|action| reach.can(who, *action));
        let (may_roles, may_policies) = (may_any(&ROLES), may_any(&POLICIES));
        if !may_roles && !may_policies {
            return;
        }
        let account = self.view.account();
        let allows = |actions: &[Action], resource: &str, target| {
            let mut allowed = actions
                .iter()
                .map(|action| reach.permissions.allows_to(who, *action, resource, target, &[]));
            allowed.any(|allowed| allowed != Truth::No)
        };
        let mut found = Vec::new();
        for (actor, from) in &self.as_now {
            let reachable = self.view.reachable(*actor);
            for (place, role) in reachable.roles().enumerate() {
                let role = Actor::Role(role);
                let is_changed = || {
                    (may_roles && allows(&ROLES, account.arn(role), Some(role)))
                        || may_policies
                            && self
                                .rewritable(role)
                                .iter()
                                .any(|(_, arn)| allows(&POLICIES, arn, None))
                };
                if !self.as_now.contains_key(&role) && is_changed() {
                    found.push((*from, role, *actor, reachable.chain_to(place)));
                }
            }
        }
        found.sort_unstable_by_key(|(from, role, ..)| (*from, *role));
        for (from, role, actor, chain) in found {
            let steps =
                chain.map_or(Vec::new(), |chain| steps::through(self.view, actor, &chain.through));
            if !self.as_now.contains_key(&role) {
                self.as_now.insert(role, self.forms.len());
                let after = BTreeSet::from([from]);
                let permissions = As::Now(role);
                self.add(Form { who: Who::Actor(role), permissions, after, steps });
                self.change(at, role);
            }
        }
    }

    /// The form makes credentials of other users.
    fn impersonate(&mut self, at: usize, who: &As<'a>) {
        for action in CREDENTIALS {
            let targets = self.view.targets(who, action, Among::MatteringUsers);
            let targets = targets.iter().map(|(user, allowed)| {
                let open = *allowed == Truth::Unknown;
                let step = self.step(at, action, self.view.account().arn(*user), open);
                (*user, self.with_second_factor(who, *user, step))
            });
            let mut targets: Vec<(Actor, Vec<Step>)> = targets.collect();
            // Of users with the same permissions, one that gets a second factor goes first.
            targets.sort_by_key(|(_, steps)| Reverse(steps.len()));
            for (user, steps) in targets {
                if self.is_done() {
                    return;
                }
                self.add_actor(user, BTreeSet::from([at]), steps);
            }
        }
    }

    /// The form rewrites the trust policies of roles. They may trust another account of the same
    /// human, so a denial to assume them stops nobody.
    fn open(&mut self, at: usize, who: &As<'a>) {
        const ACTION: Action = Action::UpdateAssumeRolePolicy;
        for (role, allowed) in self.view.targets(who, ACTION, Among::MatteringRoles).iter() {
            let open = *allowed == Truth::Unknown;
            let step = self.step(at, ACTION, self.view.account().arn(*role), open);
            self.add_actor(*role, BTreeSet::from([at]), vec![step]);
        }
    }

    /// The form passes roles to services that run code with them.
    fn pass(&mut self, at: usize, who: &As<'a>) {
        let targets = self.view.targets(who, Action::PassRole, Among::MatteringRoles);
        for (role, allowed) in targets.iter() {
            let Actor::Role(place) = *role else { continue };
            if self.as_now.contains_key(role) {
                continue;
            }
            let Some(actions) = passing::way(self.view, who, place) else { continue };
            let arn = self.view.account().arn(*role);
            let steps = actions.into_iter().map(|action| {
                if action == Action::PassRole {
                    return self.step(at, action, arn, *allowed == Truth::Unknown);
                }
                self.step(at, action, "*", false)
            });
            let steps = steps.collect();
            self.add_actor(*role, BTreeSet::from([at]), steps);
        }
    }

    /// The form changes a SAML provider, so that anybody can sign in to the roles that trust it.
    fn sign_in(&mut self, at: usize, who: &As<'a>) {
        const ACTION: Action = Action::UpdateSamlProvider;
        let permissions = &self.view.reach.permissions;
        for (provider, roles) in &self.view.saml_providers {
            let allowed = permissions.allows_to(who, ACTION, provider, None, &[]);
            if allowed == Truth::No {
                continue;
            }
            for role in roles {
                let step = self.step(at, ACTION, provider, allowed == Truth::Unknown);
                self.add_actor(*role, BTreeSet::from([at]), vec![step]);
            }
        }
    }

    /// The form makes users and roles.
    fn make(&mut self, at: usize, who: &As<'a>) {
        let As::Now(actor) = who else { return };
        // What is too intricate here is reported about the actor itself.
        let made = second_person::made(self.view, *actor).unwrap_or_default();
        for (called, steps, state) in made.iter() {
            let steps = steps.iter().map(|step| self.step(at, step.action, &step.resource, false));
            self.add_changed(Form {
                who: Who::Made(called.clone()),
                after: BTreeSet::from([at]),
                steps: steps.collect(),
                permissions: As::after(state.clone()),
            });
        }
    }
}

/// Whether a role may be changed and passed: AWS protects its own.
pub(crate) fn is_unprotected(view: &crate::account_view::AccountView<'_>, role: Actor) -> bool {
    view.account().identity(role).is_some_and(|identity| !is_of_aws(identity))
}
