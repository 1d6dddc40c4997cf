//! Writes that give a principal a second slot.

mod removal;
mod trial;

use iam::account::{Actor, PolicyId, Role, UserIx};
use iam::{Policy, Truth};

use self::trial::Trial;
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action, CREDENTIALS};
use crate::of_aws::is_of_aws;
use crate::passing;
use crate::permissions::{As, State};
use crate::reach_index::UndecidedError;
use crate::targets::Among;

pub(crate) use self::removal::REMOVALS;
pub(crate) use self::trial::Write;

/// AWS managed policies that allow every approval. They can be attached in every account.
pub(crate) const APPROVING: [&str; 5] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "job-function/SystemAdministrator",
    "AWSCodePipeline_FullAccess",
    "AWSCodePipelineApproverAccess",
];

/// The actions that are tried, apart from the removals. Principals that certainly may do none of
/// them are skipped.
pub(crate) const WRITES: [Action; 22] = [
    Action::PutUserPolicy,
    Action::AttachUserPolicy,
    Action::DeleteUserPermissionsBoundary,
    Action::PutUserPermissionsBoundary,
    Action::TagUser,
    Action::UntagUser,
    Action::PutGroupPolicy,
    Action::AttachGroupPolicy,
    Action::AddUserToGroup,
    Action::CreatePolicyVersion,
    Action::SetDefaultPolicyVersion,
    Action::PutRolePolicy,
    Action::AttachRolePolicy,
    Action::DeleteRolePermissionsBoundary,
    Action::PutRolePermissionsBoundary,
    Action::TagRole,
    Action::UntagRole,
    Action::UpdateAssumeRolePolicy,
    Action::CreateAccessKey,
    Action::CreateLoginProfile,
    Action::UpdateLoginProfile,
    Action::PassRole,
];

/// Tries every kind of write, one after the other, on the targets that an actor may write to.
pub(crate) struct Escalation<'p, 'a> {
    view: &'p AccountView<'a>,
    actor: Actor,
}

impl<'p, 'a> Escalation<'p, 'a> {
    pub(crate) fn new(view: &'p AccountView<'a>, actor: Actor) -> Self {
        Self { view, actor }
    }

    /// The writes that the actor may make and that give it two slots: one for each action.
    pub(crate) fn writes(&self) -> Result<Vec<Write>, UndecidedError> {
        let mut writes = Trial::new(self.view, self.actor);
        if let Actor::User(at) = self.actor {
            self.to_own_user(&mut writes);
            self.to_groups(at, &mut writes);
        }
        removal::attempt(self.view, self.actor, &mut writes);
        self.to_policies(&mut writes);
        self.to_roles(&mut writes);
        self.to_trust(&mut writes);
        self.to_credentials(&mut writes);
        self.by_passing(&mut writes);
        writes.found()
    }

    fn to_own_user(&self, writes: &mut Trial<'p, 'a>) {
        let arn = self.view.account().arn(self.actor);
        writes
            .offer(Action::PutUserPolicy, arn, self.actor, || self.allowed_everything(self.actor));
        self.attach(writes, Action::AttachUserPolicy, arn, self.actor);
        for action in [Action::DeleteUserPermissionsBoundary, Action::PutUserPermissionsBoundary] {
            writes.offer(action, arn, self.actor, || self.unbounded(self.actor));
        }
        for action in [Action::TagUser, Action::UntagUser] {
            writes.offer(action, arn, self.actor, || self.retagged(self.actor));
        }
    }

    /// The actor gives everything to one of its groups, or becomes a member of a group that serves
    /// a slot.
    fn to_groups(&self, user: UserIx, writes: &mut Trial<'p, 'a>) {
        let account = self.view.account();
        let own = account.user(user).map_or(&[][..], |user| &user.groups);
        for at in own {
            let Some(group) = account.group(*at) else {
                continue;
            };
            writes.offer(Action::PutGroupPolicy, &group.arn, self.actor, || {
                self.allowed_everything(self.actor)
            });
            self.attach(writes, Action::AttachGroupPolicy, &group.arn, self.actor);
        }
        if !self.view.reach.permissions.might(self.actor, Action::AddUserToGroup) {
            return;
        }
        for (at, group) in account.groups_by_ix() {
            if own.contains(&at) || !self.view.reach.slots_of_group(at).any() {
                continue;
            }
            writes.offer(Action::AddUserToGroup, &group.arn, self.actor, || {
                let granted = account.group_grants(group).identity;
                self.granted(self.actor, granted)
            });
        }
    }

    /// The actor changes the text of a customer managed policy that applies to it, or to a role
    /// that it may become.
    fn to_policies(&self, writes: &mut Trial<'p, 'a>) {
        let account = self.view.account();
        let writing = [Action::CreatePolicyVersion, Action::SetDefaultPolicyVersion];
        if !self.view.reach.permissions.might_any(self.actor, &writing) {
            return;
        }
        for actor in self.view.selves(self.actor) {
            let grants = account.grants(actor, |_| true);
            let mut ids: Vec<PolicyId> = grants.policies().map(|(id, _)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                let Some(stored) = account.policy(id) else {
                    continue;
                };
                let Some(arn) = stored.arn.as_deref().filter(|arn| !arn.contains("::aws:policy/"))
                else {
                    continue;
                };
                writes.offer(Action::CreatePolicyVersion, arn, actor, || {
                    Some(self.rewritten(actor, id, self.view.everything))
                });
                for other in &stored.other_versions {
                    writes.offer(Action::SetDefaultPolicyVersion, arn, actor, || {
                        Some(self.rewritten(actor, id, other))
                    });
                }
            }
        }
    }

    /// The actor gives more permissions to a role that it is or may become.
    fn to_roles(&self, writes: &mut Trial<'p, 'a>) {
        const WRITES: [Action; 6] = [
            Action::PutRolePolicy,
            Action::AttachRolePolicy,
            Action::DeleteRolePermissionsBoundary,
            Action::PutRolePermissionsBoundary,
            Action::TagRole,
            Action::UntagRole,
        ];
        let account = self.view.account();
        let reach = &self.view.reach;
        if !reach.permissions.might_any(self.actor, &WRITES) {
            return;
        }
        let selves = self.view.selves(self.actor);
        for action in WRITES {
            for other in &selves {
                let Actor::Role(at) = *other else { continue };
                let Some(role) = account.role(at).filter(|role| !is_of_aws(&role.identity)) else {
                    continue;
                };
                let arn = &role.identity.arn;
                if action == Action::AttachRolePolicy {
                    self.attach(writes, action, arn, *other);
                } else if action == Action::PutRolePolicy {
                    writes.offer(action, arn, *other, || self.allowed_everything(*other));
                } else if [Action::TagRole, Action::UntagRole].contains(&action) {
                    writes.offer(action, arn, *other, || self.retagged(*other));
                } else {
                    writes.offer(action, arn, *other, || self.unbounded(*other));
                }
            }
        }
    }

    /// The actor makes an approving role trust it.
    fn to_trust(&self, writes: &mut Trial<'p, 'a>) {
        let account = self.view.account();
        const ACTION: Action = Action::UpdateAssumeRolePolicy;
        let who = As::Now(self.actor);
        for (other, _) in self.view.targets(&who, ACTION, Among::ApprovingRoles).iter() {
            let Actor::Role(at) = *other else { continue };
            // It may trust another account of the same human, so a denial to assume it stops
            // nobody.
            let may_change = |role: &Role| !is_of_aws(&role.identity);
            if account.role(at).is_some_and(may_change) {
                writes.act_as(ACTION, *other);
            }
        }
    }

    /// The actor gets credentials of another user that approves.
    fn to_credentials(&self, writes: &mut Trial<'p, 'a>) {
        let who = As::Now(self.actor);
        for action in CREDENTIALS {
            for (other, _) in self.view.targets(&who, action, Among::ApprovingUsers).iter() {
                writes.act_as(action, *other);
            }
        }
    }

    /// The actor passes an approving role to a service that runs code with it.
    fn by_passing(&self, writes: &mut Trial<'p, 'a>) {
        let who = As::Now(self.actor);
        for (other, _) in self.view.targets(&who, Action::PassRole, Among::ApprovingRoles).iter() {
            let Actor::Role(role) = *other else { continue };
            if !writes.have(Action::PassRole) && passing::way(self.view, &who, role).is_some() {
                writes.act_as(Action::PassRole, *other);
            }
        }
    }

    /// The actor attaches another managed policy: one of AWS's that allow every approval, or one of
    /// the account.
    fn attach(&self, writes: &mut Trial<'p, 'a>, action: Action, resource: &str, to: Actor) {
        let reach = &self.view.reach;
        let account = self.view.account();
        let Some(class) =
            reach.permissions.class_of(self.actor, action).filter(|_| !writes.have(action))
        else {
            return;
        };
        let of_aws = |name: &str| format!("arn:{}:iam::aws:policy/{name}", account.partition);
        let approving_one = match class.clauses.allow(resource) {
            Truth::No => return,
            Truth::Yes => true,
            // It may depend on which policy is attached.
            Truth::Unknown => APPROVING.iter().any(|name| {
                reach.permissions.may_attach(self.actor, action, resource, &of_aws(name))
            }),
        };
        if approving_one {
            return writes.add(action, resource, to, self.allowed_everything(to));
        }
        for (id, stored) in account.policies() {
            let Some(arn) = &stored.arn else { continue };
            if reach.permissions.allows(id, APPROVE)
                && reach.permissions.may_attach(self.actor, action, resource, arn)
            {
                writes.add(action, resource, to, self.granted(to, [(id, &*stored.policy)]));
            }
        }
    }

    /// The actor with further policies. Denials and the boundary still apply.
    fn granted(
        &self,
        actor: Actor,
        more: impl IntoIterator<Item = (PolicyId, &'a Policy)>,
    ) -> Option<State<'a>> {
        let mut state = self.view.reach.permissions.state(actor);
        state.grants.identity.extend(more);
        Some(state)
    }

    /// The actor with a further policy that allows everything.
    fn allowed_everything(&self, actor: Actor) -> Option<State<'a>> {
        self.granted(actor, [(PolicyId::SUPPOSED, self.view.everything)])
    }

    /// The actor with another text of one policy, wherever it applies.
    fn rewritten(&self, actor: Actor, policy: PolicyId, content: &'a Policy) -> State<'a> {
        // The new text may be about approvals even if the old one is not.
        let mut state = self.view.reach.permissions.state_with(actor, |id| id == policy);
        state.grants.replace(policy, content);
        state
    }

    /// The actor without its permissions boundary. `None` if it has none.
    fn unbounded(&self, actor: Actor) -> Option<State<'a>> {
        self.view.account().identity(actor)?.boundary?;
        let mut state = self.view.reach.permissions.state(actor);
        state.grants.limits.boundary = None;
        Some(state)
    }

    /// The actor with any tags.
    fn retagged(&self, actor: Actor) -> Option<State<'a>> {
        let mut state = self.view.reach.permissions.state(actor);
        state.context = self.view.account().retagged(actor, state.context);
        Some(state)
    }
}
