//! The writes by which a principal could give itself a slot.

use std::collections::{BTreeSet, HashMap};

use iam::account::{Actor, PolicyId};
use iam::{Policy, Truth};

use super::action::{APPROVE, Action};
use super::attempts::{Attempts, Write};
use super::permissions::State;
use super::picture::Picture;
use super::removal;
use super::survey::UndecidedError;

/// Services that run code with a role that is passed to them, and the action that makes them do it
/// (Service Authorization Reference: the actions that depend on iam:PassRole).
const RUNS_CODE: [(&str, Action); 10] = [
    ("lambda.amazonaws.com", Action::CreateFunction),
    ("ec2.amazonaws.com", Action::RunInstances),
    ("codebuild.amazonaws.com", Action::CreateProject),
    ("cloudformation.amazonaws.com", Action::CreateStack),
    ("ecs-tasks.amazonaws.com", Action::RunTask),
    ("states.amazonaws.com", Action::CreateStateMachine),
    ("glue.amazonaws.com", Action::CreateJob),
    ("sagemaker.amazonaws.com", Action::CreateNotebookInstance),
    ("ssm.amazonaws.com", Action::StartAutomationExecution),
    ("datapipeline.amazonaws.com", Action::CreatePipeline),
];

/// AWS managed policies that allow approvals on everything; they are there to be attached in every
/// account.
pub(super) const APPROVING: [&str; 5] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "job-function/SystemAdministrator",
    "AWSCodePipeline_FullAccess",
    "AWSCodePipelineApproverAccess",
];

/// Every action that is tried, besides the removals: a principal that might none of them is not
/// looked at.
pub(super) const WRITES: [Action; 20] = [
    Action::PutUserPolicy,
    Action::AttachUserPolicy,
    Action::DeleteUserPermissionsBoundary,
    Action::PutUserPermissionsBoundary,
    Action::TagUser,
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
    Action::UpdateAssumeRolePolicy,
    Action::CreateAccessKey,
    Action::CreateLoginProfile,
    Action::UpdateLoginProfile,
    Action::PassRole,
];

/// For each kind of write, which of its targets the actor may write to; asked one kind after the
/// other.
pub(super) struct Escalation<'p, 'a> {
    picture: &'p Picture<'a>,
    actor: Actor,
}

impl<'p, 'a> Escalation<'p, 'a> {
    pub(super) fn new(picture: &'p Picture<'a>, actor: Actor) -> Self {
        Self { picture, actor }
    }

    /// The writes that the actor may make, and after which it has two slots: one for each action.
    pub(super) fn writes(&self) -> Result<Vec<Write>, UndecidedError> {
        let mut writes = Attempts::of(self.picture, self.actor);
        if let Actor::User(at) = self.actor {
            self.to_own_user(&mut writes);
            self.to_groups(at, &mut writes);
        }
        removal::attempt(self.picture, self.actor, &mut writes);
        self.to_policies(&mut writes);
        self.to_roles(&mut writes);
        self.to_trust(&mut writes);
        self.to_credentials(&mut writes);
        self.by_passing(&mut writes)?;
        writes.found()
    }

    fn to_own_user(&self, writes: &mut Attempts<'p, 'a>) {
        let arn = self.picture.account().arn(self.actor);
        writes.offer(Action::PutUserPolicy, arn, || self.allowed_everything(self.actor));
        self.attach(writes, Action::AttachUserPolicy, arn, self.actor);
        for action in [Action::DeleteUserPermissionsBoundary, Action::PutUserPermissionsBoundary] {
            writes.offer(action, arn, || self.unbounded(self.actor));
        }
        writes.offer(Action::TagUser, arn, || self.retagged(self.actor));
    }

    /// Becoming a member of a group that serves a slot; and giving everything to a group that one
    /// is in.
    fn to_groups(&self, user: usize, writes: &mut Attempts<'p, 'a>) {
        let account = self.picture.account();
        let own = account.users.get(user).map_or(&[][..], |user| &user.groups);
        for at in own {
            let Some(group) = account.groups.get(*at) else {
                continue;
            };
            writes
                .offer(Action::PutGroupPolicy, &group.arn, || self.allowed_everything(self.actor));
            self.attach(writes, Action::AttachGroupPolicy, &group.arn, self.actor);
        }
        if !self.picture.survey.permissions.might(self.actor, Action::AddUserToGroup) {
            return;
        }
        for (at, group) in account.groups.iter().enumerate() {
            if own.contains(&at) || !self.picture.survey.group_approvals(at).any() {
                continue;
            }
            writes.offer(Action::AddUserToGroup, &group.arn, || {
                let granted = account.group_grants(group).identity;
                self.granted(self.actor, granted)
            });
        }
    }

    /// Another content for a customer managed policy that applies to the actor, or to a role that
    /// it may become.
    fn to_policies(&self, writes: &mut Attempts<'p, 'a>) {
        let account = self.picture.account();
        let writing = [Action::CreatePolicyVersion, Action::SetDefaultPolicyVersion];
        if !self.picture.survey.permissions.might_any(self.actor, &writing) {
            return;
        }
        for actor in self.picture.selves(self.actor) {
            let grants = account.grants(actor, |_| true);
            let mut ids: Vec<PolicyId> = grants.policies().map(|(id, _)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                let Some(kept) = account.policy(id) else {
                    continue;
                };
                let Some(arn) = kept.arn.as_deref().filter(|arn| !arn.contains("::aws:policy/"))
                else {
                    continue;
                };
                writes.offer(Action::CreatePolicyVersion, arn, || {
                    Some(self.rewritten(actor, id, self.picture.everything))
                });
                for other in &kept.other_versions {
                    writes.offer(Action::SetDefaultPolicyVersion, arn, || {
                        Some(self.rewritten(actor, id, other))
                    });
                }
            }
        }
    }

    /// More for a role that the actor is or may become.
    fn to_roles(&self, writes: &mut Attempts<'p, 'a>) {
        const WRITES: [Action; 5] = [
            Action::PutRolePolicy,
            Action::AttachRolePolicy,
            Action::DeleteRolePermissionsBoundary,
            Action::PutRolePermissionsBoundary,
            Action::TagRole,
        ];
        let account = self.picture.account();
        let survey = &self.picture.survey;
        if !survey.permissions.might_any(self.actor, &WRITES) {
            return;
        }
        let selves: BTreeSet<Actor> = self.picture.selves(self.actor).into_iter().collect();
        let mut known: HashMap<Actor, bool> = HashMap::new();
        let mut may_become = |other: Actor, role| {
            *known.entry(other).or_insert_with(|| {
                let assumer = survey.permissions.assumer(self.actor);
                selves.contains(&other)
                    || assumer.is_some_and(|assumer| assumer.assume(role).is_some())
            })
        };
        for action in WRITES {
            let Some(alike) = survey.permissions.alike(self.actor, action) else {
                continue;
            };
            let all = || (0..account.roles.len()).map(Actor::Role).collect();
            for other in alike.targets(account, all) {
                if writes.have(action) {
                    break;
                }
                let Actor::Role(at) = *other else { continue };
                let Some(role) = account.roles.get(at) else {
                    continue;
                };
                let arn = &role.identity.arn;
                if !may_become(*other, role) {
                    continue;
                }
                let after = if action == Action::AttachRolePolicy {
                    self.attach(writes, action, arn, *other);
                    continue;
                } else if action == Action::PutRolePolicy {
                    self.allowed_everything(*other)
                } else if action == Action::TagRole {
                    self.retagged(*other)
                } else {
                    self.unbounded(*other)
                };
                writes.add(action, arn, after);
            }
        }
    }

    /// Trust in the actor, written into an approving role.
    fn to_trust(&self, writes: &mut Attempts<'p, 'a>) {
        let survey = &self.picture.survey;
        let account = self.picture.account();
        let Some(alike) = survey.permissions.alike(self.actor, Action::UpdateAssumeRolePolicy)
        else {
            return;
        };
        let Some(assumer) = survey.permissions.assumer(self.actor) else {
            return;
        };
        for other in alike.targets(account, || self.picture.approving_roles()) {
            let Actor::Role(at) = *other else { continue };
            // What the trust policy says can be rewritten; what the actor's own policies deny
            // cannot.
            if account.roles.get(at).is_some_and(|role| !assumer.is_denied(role)) {
                writes.act_as(Action::UpdateAssumeRolePolicy, *other);
            }
        }
    }

    /// Credentials of another user that approves.
    fn to_credentials(&self, writes: &mut Attempts<'p, 'a>) {
        let account = self.picture.account();
        for action in
            [Action::CreateAccessKey, Action::CreateLoginProfile, Action::UpdateLoginProfile]
        {
            let Some(alike) = self.picture.survey.permissions.alike(self.actor, action) else {
                continue;
            };
            for other in alike.targets(account, || self.picture.approving_users()) {
                writes.act_as(action, *other);
            }
        }
    }

    /// An approving role, passed to a service that runs the actor's code with it.
    fn by_passing(&self, writes: &mut Attempts<'p, 'a>) -> Result<(), UndecidedError> {
        let survey = &self.picture.survey;
        // Most may pass a role, and few may run code with it.
        let running = RUNS_CODE.map(|(_, action)| action);
        if !survey.permissions.might_any(self.actor, &running) {
            return Ok(());
        }
        let Some(alike) = survey.permissions.alike(self.actor, Action::PassRole) else {
            return Ok(());
        };
        for other in alike.targets(self.picture.account(), || self.picture.approving_roles()) {
            let Some(services) = self.picture.services.get(other) else {
                continue;
            };
            for (service, action) in RUNS_CODE {
                if services.iter().any(|trusted| trusted == service)
                    && survey.reaches(self.actor, action)?.is_some()
                {
                    writes.act_as(Action::PassRole, *other);
                    break;
                }
            }
        }
        Ok(())
    }

    /// A managed policy more: AWS's own that allow approvals on everything, or one that is in the
    /// account.
    fn attach(&self, writes: &mut Attempts<'p, 'a>, action: Action, resource: &str, to: Actor) {
        let survey = &self.picture.survey;
        let account = self.picture.account();
        let Some(alike) =
            survey.permissions.alike(self.actor, action).filter(|_| !writes.have(action))
        else {
            return;
        };
        let of_aws = |name: &str| format!("arn:{}:iam::aws:policy/{name}", account.partition);
        let approving_one = match alike.clauses.allow(resource) {
            Truth::No => return,
            Truth::Yes => true,
            // Which policy it is may decide.
            Truth::Unknown => APPROVING.iter().any(|name| {
                survey.permissions.may_attach(self.actor, action, resource, &of_aws(name))
            }),
        };
        if approving_one {
            return writes.add(action, resource, self.allowed_everything(to));
        }
        for (id, kept) in account.policies() {
            let Some(arn) = &kept.arn else { continue };
            if survey.permissions.allows(id, APPROVE)
                && survey.permissions.may_attach(self.actor, action, resource, arn)
            {
                writes.add(action, resource, self.granted(to, [(id, &kept.policy)]));
            }
        }
    }

    /// With policies more of its own: what denies or bounds, still does.
    fn granted(
        &self,
        actor: Actor,
        more: impl IntoIterator<Item = (PolicyId, &'a Policy)>,
    ) -> Option<State<'a>> {
        let mut state = self.picture.survey.permissions.state(actor);
        state.grants.identity.extend(more);
        Some(state)
    }

    /// With a policy more that allows everything.
    fn allowed_everything(&self, actor: Actor) -> Option<State<'a>> {
        self.granted(actor, [(PolicyId::SUPPOSED, self.picture.everything)])
    }

    /// With another content of one policy, wherever it applies.
    fn rewritten(&self, actor: Actor, policy: PolicyId, content: &'a Policy) -> State<'a> {
        // A policy that said nothing about approvals may after.
        let mut state = self.picture.survey.permissions.state_with(actor, |id| id == policy);
        state.grants.replace(policy, content);
        state
    }

    /// Without its permission boundary; none where it has none.
    fn unbounded(&self, actor: Actor) -> Option<State<'a>> {
        self.picture.account().identity(actor)?.boundary?;
        let mut state = self.picture.survey.permissions.state(actor);
        state.grants.limits.boundary = None;
        Some(state)
    }

    /// With whatever tags.
    fn retagged(&self, actor: Actor) -> Option<State<'a>> {
        let mut state = self.picture.survey.permissions.state(actor);
        state.context = self.picture.account().retagged(actor, state.context);
        Some(state)
    }
}
