//! What a human can do next: every call to AWS that somebody's policies allow, and what the account
//! is like afterwards.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::account::{
    ADMINISTRATOR, GROUPS, Identity, Kind, Managed, POLICIES, ROLES, USERS, World,
};
use super::policy;

/// The name of an inline policy that nobody has yet.
const NEW_INLINE: &str = "new";

/// The human's function.
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:build";

/// The pipelines that policies name, and one that they do not. Each has both approvals.
const APPROVALS: [[&str; 2]; 3] = [
    [
        "arn:aws:codepipeline:eu-west-1:111122223333:pay/Release/ApprovalA",
        "arn:aws:codepipeline:eu-west-1:111122223333:pay/Release/ApprovalB",
    ],
    [
        "arn:aws:codepipeline:eu-west-1:111122223333:ops/Release/ApprovalA",
        "arn:aws:codepipeline:eu-west-1:111122223333:ops/Release/ApprovalB",
    ],
    [
        "arn:aws:codepipeline:eu-west-1:111122223333:other/Release/ApprovalA",
        "arn:aws:codepipeline:eu-west-1:111122223333:other/Release/ApprovalB",
    ],
];

/// An account, and what one human has got in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) world: World,
    /// The principals whose credentials the human holds.
    pub(crate) held: BTreeSet<&'static str>,
    /// The approvals that the human has answered. An answer stays when permissions go.
    answered: BTreeSet<&'static str>,
}

/// A call to AWS: the action, and the resource that it is about.
pub(crate) type Step = (&'static str, &'static str);

impl State {
    pub(crate) fn new(world: &World, principal: &'static str) -> Self {
        let mut state =
            Self { world: world.clone(), held: [principal].into(), answered: BTreeSet::new() };
        state.answer();
        state
    }

    /// Answers every approval that the human can answer now. Nobody is stopped by an answer.
    fn answer(&mut self) {
        for approval in APPROVALS.into_iter().flatten() {
            if self.may("codepipeline:PutApprovalResult", approval) {
                self.answered.insert(approval);
            }
        }
    }

    /// Whether the human has answered both approvals of one pipeline.
    pub(crate) fn has_both(&self) -> bool {
        APPROVALS.iter().any(|both| both.iter().all(|slot| self.answered.contains(slot)))
    }

    fn may(&self, action: &str, resource: &str) -> bool {
        self.held.iter().any(|who| self.world.allows(who, action, resource))
    }

    /// The states after the human assumes a role, without any write.
    pub(crate) fn after_assuming(&self) -> Vec<(Step, Self)> {
        let is_best = |_: &Self, _: &Self| false;
        let mut next = Next { now: self, states: Vec::new(), is_best, is_decided: false };
        next.roles();
        next.states
    }

    /// The states after any call that somebody of those held may make. If one of them is better
    /// than all others, it is the only one.
    pub(crate) fn after_anything(&self, is_best: fn(&Self, &Self) -> bool) -> Vec<(Step, Self)> {
        let mut next = Next { now: self, states: Vec::new(), is_best, is_decided: false };
        next.roles();
        next.credentials();
        next.passed_roles();
        next.creations();
        for user in self.world.all(Kind::User) {
            next.group_memberships(user);
        }
        for (arn, identity) in &self.world.identities {
            next.inline_policies(arn, identity);
            next.attached_policies(arn, identity);
            next.boundaries(arn, identity);
        }
        for role in self.world.all(Kind::Role) {
            next.changed("iam:UpdateAssumeRolePolicy", role, |world| {
                world.change(role).trust = policy::open_to_all();
            });
        }
        next.changed("organizations:DetachPolicy", "*", |world| world.control = None);
        for (arn, managed) in &self.world.policies {
            next.versions(arn, managed);
        }
        next.states
    }
}

/// The states that follow one.
struct Next<'a> {
    now: &'a State,
    states: Vec<(Step, State)>,
    is_best: fn(&State, &State) -> bool,
    is_decided: bool,
}

impl Next<'_> {
    fn reached(&mut self, step: Step, mut state: State) {
        if self.is_decided || state == *self.now {
            return;
        }
        state.answer();
        self.is_decided = (self.is_best)(self.now, &state);
        if self.is_decided {
            self.states.clear();
        }
        self.states.push((step, state));
    }

    fn holding(&mut self, step: Step, who: &'static str) {
        let mut state = self.now.clone();
        state.held.insert(who);
        self.reached(step, state);
    }

    /// Changes the account, if somebody of those held may do that to the resource.
    fn changed(
        &mut self,
        action: &'static str,
        resource: &'static str,
        change: impl FnOnce(&mut World),
    ) {
        if !self.is_decided && self.now.may(action, resource) {
            let mut state = self.now.clone();
            change(&mut state.world);
            self.reached((action, resource), state);
        }
    }

    fn roles(&mut self) {
        for role in self.now.world.all(Kind::Role).filter(|role| !self.now.held.contains(role)) {
            if self.now.held.iter().any(|who| self.now.world.may_assume(who, role)) {
                self.holding(("sts:AssumeRole", role), role);
            }
        }
    }

    /// Whether a user has a password, or two access keys, an account does not show. Here, each of
    /// the three calls works.
    fn credentials(&mut self) {
        for user in self.now.world.all(Kind::User).filter(|user| !self.now.held.contains(user)) {
            let calls = ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];
            let usable = if self.now.world.identities[user].is_made { 2 } else { 3 };
            if let Some(call) = calls.into_iter().take(usable).find(|call| self.now.may(call, user))
            {
                self.holding((call, user), user);
            }
        }
    }

    /// One principal creates a function and passes the role. Nobody has to invoke it: Lambda runs
    /// its initialization when a version with SnapStart is published, as CreateFunction can do
    /// (Lambda Developer Guide, "Activating and managing Lambda SnapStart").
    fn passed_roles(&mut self) {
        let now = self.now;
        for role in now.world.all(Kind::Role).filter(|role| !now.held.contains(role)) {
            let creates = |who: &&str| {
                now.world.allows(who, "iam:PassRole", role)
                    && now.world.allows(who, "lambda:CreateFunction", FUNCTION)
            };
            if now.world.trusts_lambda(role) && now.held.iter().any(creates) {
                self.holding(("iam:PassRole", role), role);
            }
        }
    }

    fn creations(&mut self) {
        let names = [
            ("iam:CreateUser", Kind::User, &USERS[..]),
            ("iam:CreateGroup", Kind::Group, &GROUPS[..]),
            ("iam:CreateRole", Kind::Role, &ROLES[..]),
        ];
        for (action, kind, names) in names {
            let mut identity = Identity { is_made: true, ..Identity::new(kind) };
            if kind == Kind::Role {
                identity.trust = policy::open_to_all();
            }
            let identity = Rc::new(identity);
            let taken = &self.now.world.identities;
            for arn in names.iter().filter(|arn| !taken.contains_key(*arn)) {
                self.changed(action, arn, |world| {
                    world.identities.insert(arn, Rc::clone(&identity));
                });
            }
        }
        let taken = &self.now.world.policies;
        for arn in POLICIES.into_iter().filter(|arn| !taken.contains_key(arn)) {
            self.changed("iam:CreatePolicy", arn, |world| {
                let managed = Managed { versions: vec![policy::everything()], default: 0 };
                world.policies.insert(arn, Rc::new(managed));
            });
        }
    }

    fn group_memberships(&mut self, user: &'static str) {
        for group in self.now.world.all(Kind::Group) {
            if self.now.world.identities[user].groups.contains(group) {
                self.changed("iam:RemoveUserFromGroup", group, |world| {
                    world.change(user).groups.remove(group);
                });
            } else {
                self.changed("iam:AddUserToGroup", group, |world| {
                    world.change(user).groups.insert(group);
                });
            }
        }
    }

    fn inline_policies(&mut self, arn: &'static str, identity: &Identity) {
        let [put, delete] = match identity.kind {
            Kind::User => ["iam:PutUserPolicy", "iam:DeleteUserPolicy"],
            Kind::Group => ["iam:PutGroupPolicy", "iam:DeleteGroupPolicy"],
            Kind::Role => ["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
        };
        for name in identity.inline.keys().copied().chain([NEW_INLINE]) {
            self.changed(put, arn, |world| {
                world.change(arn).inline.insert(name, policy::everything());
            });
            self.changed(delete, arn, |world| {
                world.change(arn).inline.remove(name);
            });
        }
    }

    fn attached_policies(&mut self, arn: &'static str, identity: &Identity) {
        let [attach, detach] = match identity.kind {
            Kind::User => ["iam:AttachUserPolicy", "iam:DetachUserPolicy"],
            Kind::Group => ["iam:AttachGroupPolicy", "iam:DetachGroupPolicy"],
            Kind::Role => ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        };
        for managed in self.now.world.policies.keys().copied() {
            if identity.attached.contains(managed) {
                self.changed(detach, arn, |world| {
                    world.change(arn).attached.remove(managed);
                });
            } else {
                self.changed(attach, arn, |world| {
                    world.change(arn).attached.insert(managed);
                });
            }
        }
    }

    fn boundaries(&mut self, arn: &'static str, identity: &Identity) {
        let [put, delete] = match identity.kind {
            Kind::User => ["iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary"],
            Kind::Role => ["iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"],
            Kind::Group => return,
        };
        // Without a boundary nobody is limited, so the human sets none on such a principal.
        if identity.boundary.is_some() {
            self.changed(delete, arn, |world| world.change(arn).boundary = None);
            for managed in self.now.world.policies.keys().copied() {
                self.changed(put, arn, |world| world.change(arn).boundary = Some(managed));
            }
        }
    }

    fn versions(&mut self, arn: &'static str, managed: &Managed) {
        if arn == ADMINISTRATOR {
            return;
        }
        if managed.versions[managed.default] != policy::everything() {
            self.changed("iam:CreatePolicyVersion", arn, |world| {
                let managed = Rc::make_mut(world.policies.get_mut(arn).unwrap());
                managed.default = managed.versions.len();
                managed.versions.push(policy::everything());
            });
        }
        for version in 0..managed.versions.len() {
            self.changed("iam:SetDefaultPolicyVersion", arn, |world| {
                Rc::make_mut(world.policies.get_mut(arn).unwrap()).default = version;
            });
        }
    }
}
