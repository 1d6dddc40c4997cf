//! The writes by which a principal could give itself a slot, and what it could do after each.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::{Actor, PolicyId, Role};
use iam::{Clauses, Frame, FramePart, Policy, TooIntricate, Truth};

use super::picture::Picture;
use super::survey::{APPROVE, Both, State, SurveyError};

/// One write after which a principal can serve two slots of one stage.
pub(super) struct Write {
    /// The action of the write.
    pub(super) action: &'static str,
    /// What is written to: an ARN.
    pub(super) resource: String,
    /// The slots.
    pub(super) both: Both,
}

/// Services that run code with a role that is passed to them, and the action that makes them do it (Service
/// Authorization Reference: the actions that depend on iam:PassRole).
const RUNS_CODE: [(&str, &str); 10] = [
    ("lambda.amazonaws.com", "lambda:CreateFunction"),
    ("ec2.amazonaws.com", "ec2:RunInstances"),
    ("codebuild.amazonaws.com", "codebuild:CreateProject"),
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    ("ecs-tasks.amazonaws.com", "ecs:RunTask"),
    ("states.amazonaws.com", "states:CreateStateMachine"),
    ("glue.amazonaws.com", "glue:CreateJob"),
    ("sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance"),
    ("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    ("datapipeline.amazonaws.com", "datapipeline:CreatePipeline"),
];

/// AWS managed policies that allow approvals on everything; they are there to be attached in every account.
const APPROVING: [&str; 5] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "job-function/SystemAdministrator",
    "AWSCodePipeline_FullAccess",
    "AWSCodePipelineApproverAccess",
];

/// Every action that is tried: who might none of them is not looked at.
pub(super) const WRITES: [&str; 20] = [
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:TagUser",
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:AddUserToGroup",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    PASS_ROLE,
];

const PASS_ROLE: &str = "iam:PassRole";

/// For each kind of write, which of its targets the actor may write to; asked one kind after the other.
pub(super) struct Escalation<'p, 'a> {
    picture: &'p Picture<'a>,
    actor: Actor,
    /// What the actor's permissions say about each action that was asked about.
    clauses: RefCell<HashMap<&'static str, Rc<Clauses<'a, PolicyId>>>>,
}

/// The writes that were tried.
#[derive(Default)]
struct Writes<'a> {
    /// What the actor can do before the write, as itself and as the roles that it may become: what it approved then counts
    /// as well. Empty until it is needed.
    before: Vec<Clauses<'a, PolicyId>>,
    /// Those that give two slots. One target shows what an action can do.
    found: Vec<Write>,
    problem: Option<TooIntricate>,
}

impl Writes<'_> {
    /// Whether an action has shown what it can do.
    fn have(&self, action: &str) -> bool {
        self.found.iter().any(|write| write.action == action)
    }
}

impl<'p, 'a> Escalation<'p, 'a> {
    pub(super) fn new(picture: &'p Picture<'a>, actor: Actor) -> Self {
        Self {
            picture,
            actor,
            clauses: RefCell::default(),
        }
    }

    /// The writes that the actor may make, and after which it has two slots: one for each action.
    pub(super) fn writes(&self) -> Result<Vec<Write>, SurveyError> {
        let mut writes = Writes::default();
        if let Actor::User(at) = self.actor {
            self.to_own_user(&mut writes);
            self.to_groups(at, &mut writes);
        }
        self.to_policies(&mut writes);
        self.to_roles(&mut writes);
        self.to_trust(&mut writes);
        self.to_credentials(&mut writes);
        self.by_passing(&mut writes)?;
        match writes.problem {
            None => Ok(writes.found),
            Some(problem) => Err(self.picture.survey.about(self.actor)(problem)),
        }
    }

    fn to_own_user(&self, writes: &mut Writes<'a>) {
        let arn = self.picture.account().arn(self.actor);
        self.offer(writes, "iam:PutUserPolicy", arn, || self.allowed_everything(self.actor));
        self.attach(writes, "iam:AttachUserPolicy", arn, self.actor);
        for action in ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"] {
            self.offer(writes, action, arn, || self.unbounded(self.actor));
        }
        self.offer(writes, "iam:TagUser", arn, || self.retagged(self.actor));
    }

    /// Becoming a member of a group that serves a slot; and giving everything to a group that one is in.
    fn to_groups(&self, user: usize, writes: &mut Writes<'a>) {
        let account = self.picture.account();
        let own = account.users.get(user).map_or(&[][..], |user| &user.groups);
        for at in own {
            let Some(group) = account.groups.get(*at) else { continue };
            self.offer(writes, "iam:PutGroupPolicy", &group.arn, || {
                self.allowed_everything(self.actor)
            });
            self.attach(writes, "iam:AttachGroupPolicy", &group.arn, self.actor);
        }
        const JOIN: &str = "iam:AddUserToGroup";
        if !self.picture.survey.might(self.actor, JOIN) {
            return;
        }
        for (at, group) in account.groups.iter().enumerate() {
            if own.contains(&at) || !self.picture.survey.group_approvals(at).any() {
                continue;
            }
            self.offer(writes, JOIN, &group.arn, || {
                let mut state = self.picture.survey.state(self.actor);
                let granted = account.group_grants(group).kinds.into_iter().flatten();
                state.grants.kinds.first_mut()?.extend(granted);
                Some(state)
            });
        }
    }

    /// Another content for a customer managed policy that applies to the actor, or to a role that it may become.
    fn to_policies(&self, writes: &mut Writes<'a>) {
        const CREATE: &str = "iam:CreatePolicyVersion";
        const SET: &str = "iam:SetDefaultPolicyVersion";
        let account = self.picture.account();
        if ![CREATE, SET]
            .iter()
            .any(|action| self.picture.survey.might(self.actor, action))
        {
            return;
        }
        for actor in self.selves() {
            let grants = account.grants(actor, |_| true);
            let mut ids: Vec<PolicyId> = grants.kinds.iter().flatten().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                let Some(kept) = account.policy(id) else { continue };
                let Some(arn) = kept.arn.as_deref().filter(|arn| !arn.contains("::aws:policy/")) else {
                    continue;
                };
                self.offer(writes, CREATE, arn, || {
                    Some(self.rewritten(actor, id, self.picture.everything))
                });
                for other in &kept.other_versions {
                    self.offer(writes, SET, arn, || Some(self.rewritten(actor, id, other)));
                }
            }
        }
    }

    /// More for a role that the actor is or may become.
    fn to_roles(&self, writes: &mut Writes<'a>) {
        const WRITES: [&str; 5] = [
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            "iam:TagRole",
        ];
        let account = self.picture.account();
        let selves = self.selves();
        let assumer = self.picture.survey.assumer(self.actor);
        let may_become = |other, role| {
            selves.contains(&other) || assumer.as_ref().is_some_and(|assumer| assumer.assume(role).is_some())
        };
        for action in WRITES {
            let all = || (0..account.roles.len()).map(Actor::Role).collect();
            let targets = self.targets(action, all);
            if targets.is_empty() {
                continue;
            }
            let clauses = self.clauses(action);
            for other in targets {
                if writes.have(action) {
                    break;
                }
                let Actor::Role(at) = other else { continue };
                let Some(role) = account.roles.get(at) else { continue };
                let arn = &role.identity.arn;
                if clauses.allow(arn) == Truth::No || !may_become(other, role) {
                    continue;
                }
                match action {
                    "iam:AttachRolePolicy" => self.attach(writes, action, arn, other),
                    "iam:PutRolePolicy" => self.add(writes, action, arn, self.allowed_everything(other)),
                    "iam:TagRole" => self.add(writes, action, arn, self.retagged(other)),
                    _ => self.add(writes, action, arn, self.unbounded(other)),
                }
            }
        }
    }

    /// Trust in the actor, written into an approving role.
    fn to_trust(&self, writes: &mut Writes<'a>) {
        const WRITE: &str = "iam:UpdateAssumeRolePolicy";
        if !self.picture.survey.might(self.actor, WRITE) {
            return;
        }
        let Some(assumer) = self.picture.survey.assumer(self.actor) else {
            return;
        };
        for (at, role) in self.approving_roles() {
            // What the trust policy says can be rewritten; what the actor's own policies deny cannot.
            if !assumer.is_denied(role) {
                self.offer(writes, WRITE, &role.identity.arn, || {
                    Some(self.picture.survey.state(Actor::Role(at)))
                });
            }
        }
    }

    /// Credentials of another user that approves.
    fn to_credentials(&self, writes: &mut Writes<'a>) {
        let account = self.picture.account();
        for action in [
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
            "iam:UpdateLoginProfile",
        ] {
            let all = || self.picture.approving_users.iter().map(|at| Actor::User(*at)).collect();
            let approves = |other: &Actor| *other != self.actor && self.picture.survey.approvals(*other).any();
            for other in self.targets(action, all).into_iter().filter(approves) {
                if writes.have(action) {
                    break;
                }
                self.offer(writes, action, account.arn(other), || {
                    Some(self.picture.survey.state(other))
                });
            }
        }
    }

    /// An approving role, passed to a service that runs the actor's code with it.
    fn by_passing(&self, writes: &mut Writes<'a>) -> Result<(), SurveyError> {
        let survey = &self.picture.survey;
        if !survey.might(self.actor, PASS_ROLE) {
            return Ok(());
        }
        let anything = Frame::new(&[FramePart::Anything]);
        for (at, role) in self.approving_roles() {
            let Some(services) = self.picture.services.get(&at) else {
                continue;
            };
            for (service, action) in RUNS_CODE {
                if services.iter().any(|trusted| trusted == service)
                    && self.may(PASS_ROLE, &role.identity.arn)
                    && survey.reaches(self.actor, action, &anything)?.is_some()
                {
                    self.offer(writes, PASS_ROLE, &role.identity.arn, || {
                        Some(survey.state(Actor::Role(at)))
                    });
                    break;
                }
            }
        }
        Ok(())
    }

    /// The actor, and the roles that it may become on the way to an approval.
    fn selves(&self) -> Vec<Actor> {
        let roads = self.picture.roads_from(self.actor);
        let roles = roads.into_iter().map(|road| Actor::Role(road.role));
        std::iter::once(self.actor).chain(roles).collect()
    }

    fn approving_roles(&self) -> impl Iterator<Item = (usize, &'a Role)> {
        let roles = &self.picture.account().roles;
        let places = self.picture.approving_roles.iter().copied();
        let others = places.filter(|at| self.actor != Actor::Role(*at));
        others.filter_map(|at| Some((at, roles.get(at)?)))
    }

    /// On whom the actor might do something. Most may write to a few that are named: those are looked up, not looked for.
    fn targets(&self, action: &'static str, all: impl Fn() -> Vec<Actor>) -> Vec<Actor> {
        if !self.picture.survey.might(self.actor, action) {
            return Vec::new();
        }
        match self.clauses(action).only() {
            Some(named) => named
                .into_iter()
                .filter_map(|arn| self.picture.account().actor(arn))
                .collect(),
            None => all(),
        }
    }

    /// What the actor's permissions say about an action.
    fn clauses(&self, action: &'static str) -> Rc<Clauses<'a, PolicyId>> {
        let mut known = self.clauses.borrow_mut();
        let clauses = known.entry(action);
        Rc::clone(clauses.or_insert_with(|| Rc::new(self.picture.survey.clauses(self.actor, action))))
    }

    fn may(&self, action: &'static str, resource: &str) -> bool {
        self.picture.survey.might(self.actor, action) && self.clauses(action).allow(resource) != Truth::No
    }

    /// Tries a write, where the actor may make it.
    fn offer(
        &self,
        writes: &mut Writes<'a>,
        action: &'static str,
        resource: &str,
        after: impl FnOnce() -> Option<State<'a>>,
    ) {
        if !writes.have(action) && self.may(action, resource) {
            self.add(writes, action, resource, after());
        }
    }

    /// Tries a write that the actor may make.
    fn add(&self, writes: &mut Writes<'a>, action: &'static str, resource: &str, after: Option<State<'a>>) {
        let Some(after) = after.filter(|_| !writes.have(action)) else {
            return;
        };
        if writes.before.is_empty() {
            let of = |actor| self.picture.survey.clauses(actor, APPROVE);
            writes.before = self.selves().into_iter().map(of).collect();
        }
        let after = after.clauses();
        let states: Vec<&Clauses<'a, PolicyId>> = writes.before.iter().chain([&after]).collect();
        match self.picture.survey.pair_with_last(&states) {
            Ok(both) => writes.found.extend(both.map(|both| Write {
                action,
                resource: resource.to_owned(),
                both,
            })),
            Err(problem) => writes.problem = Some(problem),
        }
    }

    /// A managed policy more: AWS's own that allow approvals on everything, or one that is in the account.
    fn attach(&self, writes: &mut Writes<'a>, action: &'static str, resource: &str, to: Actor) {
        let survey = &self.picture.survey;
        let account = self.picture.account();
        if !self.may(action, resource) {
            return;
        }
        let of_aws = |name: &str| format!("arn:{}:iam::aws:policy/{name}", account.partition);
        if APPROVING
            .iter()
            .any(|name| survey.may_attach(self.actor, action, resource, &of_aws(name)))
        {
            return self.add(writes, action, resource, self.allowed_everything(to));
        }
        for (id, kept) in account.policies() {
            let Some(arn) = &kept.arn else { continue };
            if survey.is_about_approvals(id) && survey.may_attach(self.actor, action, resource, arn) {
                let mut state = survey.state(to);
                state
                    .grants
                    .kinds
                    .iter_mut()
                    .take(1)
                    .for_each(|own| own.push((id, &kept.policy)));
                self.add(writes, action, resource, Some(state));
            }
        }
    }

    /// With a policy more that allows everything: what denies or bounds, still does.
    fn allowed_everything(&self, actor: Actor) -> Option<State<'a>> {
        let mut state = self.picture.survey.state(actor);
        state
            .grants
            .kinds
            .first_mut()?
            .push((PolicyId::SUPPOSED, self.picture.everything));
        Some(state)
    }

    /// With another content of one policy, wherever it applies.
    fn rewritten(&self, actor: Actor, policy: PolicyId, content: &'a Policy) -> State<'a> {
        let mut state = self.picture.survey.state(actor);
        // A policy that said nothing about approvals is not in the state, and may after.
        state.grants = self.picture.account().grants(actor, |_| true);
        for (id, kept) in state.grants.kinds.iter_mut().flatten() {
            if *id == policy {
                *kept = content;
            }
        }
        state
    }

    /// Without its permission boundary; none where it has none.
    fn unbounded(&self, actor: Actor) -> Option<State<'a>> {
        self.picture.account().identity(actor)?.boundary?;
        let mut state = self.picture.survey.state(actor);
        // The boundary stands after the identity's own policies.
        state.grants.kinds.remove(1);
        Some(state)
    }

    /// With whatever tags.
    fn retagged(&self, actor: Actor) -> Option<State<'a>> {
        let mut state = self.picture.survey.state(actor);
        state.context = self.picture.account().retagged(actor, state.context);
        Some(state)
    }
}
