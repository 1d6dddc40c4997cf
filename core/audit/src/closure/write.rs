//! The changes that a form may make to the permissions of an actor.

use std::collections::BTreeSet;

use iam::account::{Actor, GroupIx, PolicyId};
use iam::{Effect, Truth};

use super::changes::{self, Change, Changes};
use super::{Closure, Form, Step, Who, follow};
use crate::action::Action;
use crate::equivalence_class::ClassId;
use crate::permissions::{As, POLICY_ARN};

/// AWS managed policies that also lead past the gate. They can be attached in every account.
const FAR_REACHING: [&str; 4] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "job-function/SystemAdministrator",
    "AWSCodePipeline_FullAccess",
];

/// The actions that change one kind of holder of policies.
struct Holder<'a> {
    arn: &'a str,
    target: Option<Actor>,
    policies: &'a [PolicyId],
    put: Action,
    attach: Action,
    delete: Action,
    detach: Action,
    /// The group, if it is one, and whether the actor is in it already.
    group: Option<(GroupIx, bool)>,
}

impl Holder<'_> {
    /// What it means for the actor if a policy that allows everything is added.
    fn everything(&self) -> Change {
        match self.group {
            Some((group, false)) => Change::EverythingToJoined(group),
            _ => Change::Everything,
        }
    }
}

/// What changes the policies of a user, of a role and of a group: to put and to attach one, to
/// delete and to detach one.
const USER_POLICIES: [Action; 4] = [
    Action::PutUserPolicy,
    Action::AttachUserPolicy,
    Action::DeleteUserPolicy,
    Action::DetachUserPolicy,
];
const ROLE_POLICIES: [Action; 4] = [
    Action::PutRolePolicy,
    Action::AttachRolePolicy,
    Action::DeleteRolePolicy,
    Action::DetachRolePolicy,
];
pub(super) const GROUP_POLICIES: [Action; 4] = [
    Action::PutGroupPolicy,
    Action::AttachGroupPolicy,
    Action::DeleteGroupPolicy,
    Action::DetachGroupPolicy,
];

/// What changes the boundary and the tags of a user and of a role, two actions each.
const USER_ITSELF: [Action; 4] = [
    Action::DeleteUserPermissionsBoundary,
    Action::PutUserPermissionsBoundary,
    Action::TagUser,
    Action::UntagUser,
];
const ROLE_ITSELF: [Action; 4] = [
    Action::DeleteRolePermissionsBoundary,
    Action::PutRolePermissionsBoundary,
    Action::TagRole,
    Action::UntagRole,
];

/// All actions on a user, and on a role, that change its permissions.
pub(super) const CHANGES_OF_USERS: [Action; 8] = both(USER_POLICIES, USER_ITSELF);
pub(super) const CHANGES_OF_ROLES: [Action; 8] = both(ROLE_POLICIES, ROLE_ITSELF);

const fn both([a, b, c, d]: [Action; 4], [e, f, g, h]: [Action; 4]) -> [Action; 8] {
    [a, b, c, d, e, f, g, h]
}

pub(super) const MEMBERSHIP: [Action; 2] = [Action::RemoveUserFromGroup, Action::AddUserToGroup];
pub(super) const VERSIONS: [Action; 2] =
    [Action::CreatePolicyVersion, Action::SetDefaultPolicyVersion];
const CONTROLS: [Action; 2] = [Action::DetachControl, Action::UpdateControl];

/// The actions that change a form, and the one that makes a policy to attach.
fn changing() -> impl Iterator<Item = Action> {
    let of_principals = CHANGES_OF_USERS.into_iter().chain(CHANGES_OF_ROLES);
    let of_two = [MEMBERSHIP, VERSIONS, CONTROLS].into_iter().flatten();
    of_principals.chain(GROUP_POLICIES).chain(of_two).chain([Action::CreatePolicy])
}

/// What decides about the changes that a form may make: its classes for the actions, and names of
/// policies that it may attach. Two forms with equal ones may make the same changes.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Writing {
    classes: Vec<(Action, ClassId)>,
    names: BTreeSet<String>,
}

impl<'a> Closure<'_, 'a> {
    /// What decides about the changes that somebody may make. `None` if there are none.
    pub(super) fn writing(&self, who: &As<'a>) -> Option<Writing> {
        let permissions = &self.view.reach.permissions;
        let class = |action| Some((action, permissions.class_as(who, action)?.id));
        let classes: Vec<_> = changing().filter_map(class).collect();
        if classes.iter().all(|(action, _)| *action == Action::CreatePolicy) {
            return None;
        }
        let attaches =
            [Action::AttachUserPolicy, Action::AttachRolePolicy, Action::AttachGroupPolicy];
        let names = match classes.iter().any(|(action, _)| attaches.contains(action)) {
            true => self.names_of_policies(who),
            false => BTreeSet::new(),
        };
        Some(Writing { classes, names })
    }

    /// Tries all changes that a form may make to an actor among the forms.
    pub(super) fn change(&mut self, by: usize, of: Actor) {
        let before = self.changes.get(&of).map_or(0, Changes::len);
        self.note_changes(by, of);
        if self.changes.get(&of).map_or(0, Changes::len) > before {
            self.try_changes(of);
        }
    }

    fn note_changes(&mut self, by: usize, of: Actor) {
        let account = self.view.account();
        if matches!(of, Actor::Role(_)) && !follow::is_unprotected(self.view, of) {
            return;
        }
        let arn = account.arn(of);
        let (own, [unbound, rebound, tag, untag]) = match of {
            Actor::User(_) => (USER_POLICIES, USER_ITSELF),
            Actor::Role(_) => (ROLE_POLICIES, ROLE_ITSELF),
        };
        let identity = account.identity(of);
        let [put, attach, delete, detach] = own;
        let policies = identity.map_or(&[][..], |identity| &identity.policies);
        let itself =
            Holder { arn, target: Some(of), policies, put, attach, delete, detach, group: None };
        self.change_holder(by, of, &itself);
        if identity.is_some_and(|identity| identity.boundary.is_some()) {
            for action in [unbound, rebound] {
                self.offer(by, of, action, arn, Some(of), Change::Unbounded);
            }
        }
        for action in [tag, untag] {
            self.offer(by, of, action, arn, Some(of), Change::Retagged);
        }
        self.lift_controls(by, of);
        if let Actor::User(user) = of {
            let groups = account.user(user).map_or(&[][..], |user| &user.groups);
            self.change_groups(by, of, groups);
        }
        if !VERSIONS.iter().any(|action| self.may(by, *action)) {
            return;
        }
        for (id, arn) in self.rewritable(of) {
            self.offer(by, of, Action::CreatePolicyVersion, arn, None, Change::Rewritten(id));
            let versions = account.policy(id).map_or(0, |stored| stored.other_versions.len());
            for place in 0..versions {
                let change = Change::Version(id, place);
                self.offer(by, of, Action::SetDefaultPolicyVersion, arn, None, change);
            }
        }
    }

    /// The form detaches or rewrites service control policies. Only the management account and
    /// delegated administrators can (Organizations User Guide, "Delegated administrator for AWS
    /// Organizations"), and the account does not show whether it is one.
    fn lift_controls(&mut self, by: usize, of: Actor) {
        for action in CONTROLS {
            let permissions = &self.view.reach.permissions;
            let has_controls = || !permissions.whole_state(of).grants.limits.controls.is_empty();
            let form = self.forms.get(by);
            let may = form.is_some_and(|form| self.view.reach.can(&form.permissions, action));
            if may && has_controls() {
                let step = self.step(by, action, "*", true);
                self.note(by, of, Change::Uncontrolled, vec![step]);
            }
        }
    }

    fn change_groups(&mut self, by: usize, of: Actor, own: &'a [GroupIx]) {
        let account = self.view.account();
        let [put, attach, delete, detach] = GROUP_POLICIES;
        let [leave, join] = MEMBERSHIP;
        let joined = account.groups_by_ix().map(|(at, _)| at);
        let joined: Vec<GroupIx> = joined.filter(|at| self.joined.contains(&(of, *at))).collect();
        for at in own.iter().chain(&joined) {
            let Some(group) = account.group(*at) else { continue };
            let is_own = own.contains(at);
            let holder = Holder {
                arn: &group.arn,
                target: None,
                policies: &group.policies,
                put,
                attach,
                delete,
                detach,
                group: Some((*at, is_own)),
            };
            self.change_holder(by, of, &holder);
            if is_own && group.policies.iter().any(|id| self.denies(*id)) {
                let change = Change::Left(*at);
                self.offer(by, of, leave, &group.arn, None, change);
            }
        }
        if !self.may(by, join) {
            return;
        }
        let worth = self.view.worth_joining().iter().chain(&joined);
        for at in worth.filter(|at| !own.contains(at)) {
            let Some(group) = account.group(*at) else { continue };
            let change = Change::Joined(*at);
            self.offer(by, of, join, &group.arn, None, change);
        }
    }

    fn change_holder(&mut self, by: usize, of: Actor, holder: &Holder<'a>) {
        let account = self.view.account();
        let (arn, target) = (holder.arn, holder.target);
        let off = |id: PolicyId| match holder.group {
            Some((group, true)) => Change::OffGroup(group, id),
            Some((group, false)) => Change::OffJoined(group, id),
            None => Change::Off(id),
        };
        self.offer(by, of, holder.put, arn, target, holder.everything());
        let denying = holder.policies.iter().filter(|id| self.denies(**id));
        for id in denying.collect::<Vec<_>>() {
            let managed = account.policy(*id).is_some_and(|stored| stored.arn.is_some());
            // A policy with the name of an inline policy takes its place.
            let actions =
                if managed { vec![holder.detach] } else { vec![holder.delete, holder.put] };
            for action in actions {
                self.offer(by, of, action, arn, target, off(*id));
            }
        }
        self.attach(by, of, holder);
    }

    /// The form attaches a policy of AWS, one of the account, or one that it makes.
    fn attach(&mut self, by: usize, of: Actor, holder: &Holder<'a>) {
        let permissions = &self.view.reach.permissions;
        let account = self.view.account();
        let Some(who) = self.forms.get(by).map(|form| form.permissions.clone()) else { return };
        let Some(class) = permissions.class_as(&who, holder.attach) else { return };
        if class.clauses.allow(holder.arn) == Truth::No {
            return;
        }
        let may = |policy: &str| {
            let given = [(POLICY_ARN, Some(policy))];
            permissions.allows_to(&who, holder.attach, holder.arn, holder.target, &given)
        };
        let of_aws =
            |name: &&str| may(&format!("arn:{}:iam::aws:policy/{name}", account.partition));
        let far = FAR_REACHING.iter().map(of_aws).fold(Truth::No, Truth::or);
        let own = format!("arn:{}:iam::{}:policy/", account.partition, account.id);
        let makes = self.names_of_policies(&who).into_iter().find(|name| {
            name.starts_with(&own)
                && permissions.allows_to(&who, Action::CreatePolicy, name, None, &[]) != Truth::No
                && may(name) != Truth::No
        });
        if far != Truth::No {
            let step = self.step(by, holder.attach, holder.arn, far == Truth::Unknown);
            self.note(by, of, holder.everything(), vec![step]);
        } else if let Some(name) = makes {
            let creates = self.step(by, Action::CreatePolicy, &name, false);
            let attaches = self.step(by, holder.attach, holder.arn, false);
            self.note(by, of, holder.everything(), vec![creates, attaches]);
        } else if class.uses(POLICY_ARN) {
            let worth = self.view.worth_attaching().iter();
            let attachable = worth.filter_map(|id| {
                let allowed = may(account.policy(*id)?.arn.as_deref()?);
                (allowed != Truth::No).then_some((*id, allowed))
            });
            let attachable: Vec<(PolicyId, Truth)> = attachable.collect();
            for (id, allowed) in attachable {
                let step = self.step(by, holder.attach, holder.arn, allowed == Truth::Unknown);
                let change = match holder.group {
                    Some((group, false)) => Change::AttachedToJoined(group, id),
                    _ => Change::Attached(id),
                };
                self.note(by, of, change, vec![step]);
            }
        }
    }

    /// Names of policies that conditions about attached policies allow, without their wildcards.
    fn names_of_policies(&self, who: &As<'a>) -> BTreeSet<String> {
        let account = self.view.account();
        let grants = match who {
            As::Now(actor) => account.grants(*actor, |_| true),
            As::After(after) => after.state.grants.clone(),
        };
        let statements = grants.identity.iter().flat_map(|(_, policy)| &policy.statements);
        let allowing = statements.filter(|statement| statement.effect == Effect::Allow);
        let conditions = allowing.flat_map(|statement| &statement.conditions);
        let about = conditions.filter(|it| it.key().eq_ignore_ascii_case(POLICY_ARN));
        let values = about.flat_map(|condition| condition.values());
        values.map(|value| value.replace(['*', '?'], "x")).collect()
    }

    /// Whether a policy denies anything: only then it is worth taking off.
    fn denies(&self, id: PolicyId) -> bool {
        self.view.account().policy(id).is_some_and(|stored| stored.policy.has(Effect::Deny))
    }

    /// Whether a form may do an action at all.
    pub(super) fn may(&self, by: usize, action: Action) -> bool {
        let permissions = &self.view.reach.permissions;
        let form = self.forms.get(by);
        form.is_some_and(|form| permissions.class_as(&form.permissions, action).is_some())
    }

    /// Notes a change if the form may make it.
    fn offer(
        &mut self,
        by: usize,
        of: Actor,
        action: Action,
        resource: &str,
        target: Option<Actor>,
        change: Change,
    ) {
        let Some(form) = self.forms.get(by) else { return };
        if self.changes.get(&of).is_some_and(|changes| changes.has(change)) {
            return;
        }
        let permissions = &self.view.reach.permissions;
        let allowed = permissions.allows_to(&form.permissions, action, resource, target, &[]);
        if allowed != Truth::No {
            let step = self.step(by, action, resource, allowed == Truth::Unknown);
            self.note(by, of, change, vec![step]);
        }
    }

    /// Notes a change.
    fn note(&mut self, by: usize, of: Actor, change: Change, steps: Vec<Step>) {
        self.changes.entry(of).or_default().note(change, by, steps);
    }

    /// Adds the forms that an actor takes by the changes that are noted.
    fn try_changes(&mut self, of: Actor) {
        let Some(now) = self.as_now.get(&of).copied() else { return };
        let Some(changes) = self.changes.get_mut(&of) else { return };
        let sets = changes.untried(self.view.account());
        let sets: Vec<_> = sets.into_iter().map(|set| (changes.steps(&set), set)).collect();
        for ((mut after, steps), set) in sets {
            if self.is_done() {
                return;
            }
            after.insert(now);
            let permissions = changes::after(self.view, of, &set);
            self.add_changed(Form { who: Who::Actor(of), permissions, after, steps });
        }
    }
}
