//! A snapshot of an account: who is there, and with which policies.

mod build;
pub mod details;
mod trust;

pub use build::AccountError;
pub use trust::{Assumer, Assumption, Outsiders, Trustees};

use std::collections::HashMap;

use crate::context::Context;
use crate::grants::Grants;
use crate::policy::{Caller, Policy};

/// An account.
#[derive(Debug)]
pub struct Account {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// Its number.
    pub id: String,
    /// Its users.
    pub users: Vec<User>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its roles.
    pub roles: Vec<Role>,
    policies: Vec<Kept>,
    /// Every level of service control policies above the account; each must allow.
    controls: Vec<Vec<PolicyId>>,
    by_arn: HashMap<String, Actor>,
    /// Boundaries whose policy is not in the snapshot: taken for no boundary at all.
    pub missing_boundaries: Vec<String>,
    /// AWS managed policies that are attached and not in the snapshot, each with one that has it:
    /// taken to allow everything.
    pub supposed_policies: Vec<(String, String)>,
}

/// A policy of an account, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId(usize);

impl PolicyId {
    /// Of a policy that is not there, for asking what if it were.
    pub const SUPPOSED: Self = Self(usize::MAX);

    /// Its place in [`Account::policies`].
    #[must_use]
    pub fn place(self) -> usize {
        self.0
    }
}

/// A policy, and what it is called.
#[derive(Debug)]
pub struct Kept {
    /// Its name; for a managed policy with its version.
    pub name: String,
    /// Its ARN; inline policies have none.
    pub arn: Option<String>,
    /// The policy.
    pub policy: Policy,
    /// Its versions that are not in force, of a customer managed policy.
    pub other_versions: Vec<Policy>,
}

/// A user.
#[derive(Debug)]
pub struct User {
    /// What it has as any actor has.
    pub identity: Identity,
    /// Its groups, by their places.
    pub groups: Vec<usize>,
}

/// A group.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its policies, inline and managed.
    pub policies: Vec<PolicyId>,
}

/// A role.
#[derive(Debug)]
pub struct Role {
    /// What it has as any actor has.
    pub identity: Identity,
    /// Who may assume it.
    pub trust: Policy,
}

/// What users and roles have alike.
#[derive(Debug)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its unique id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its own policies, inline and managed.
    pub policies: Vec<PolicyId>,
    /// Its permission boundary.
    pub boundary: Option<PolicyId>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// Who can act: a user or a role, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A user.
    User(usize),
    /// A role.
    Role(usize),
}

impl Identity {
    /// Its path, e.g. `/` or `/aws-service-role/support.amazonaws.com/`; it is a part of the ARN
    /// (IAM User Guide, "IAM identifiers").
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let named = resource.find('/').and_then(|start| resource.get(start..));
        let path = named.and_then(|named| named.get(..=named.rfind('/')?));
        path.unwrap_or("/")
    }
}

/// Condition keys that are in every request (IAM User Guide, "AWS global condition context keys").
const ALWAYS: [&str; 5] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SecureTransport",
    "aws:RequestedRegion",
    "aws:userid",
];

impl Account {
    /// Everybody who can act: the users, then the roles.
    pub fn actors(&self) -> impl Iterator<Item = Actor> {
        let users = (0..self.users.len()).map(Actor::User);
        users.chain((0..self.roles.len()).map(Actor::Role))
    }

    /// The ARN of every role, path included.
    pub fn role_arns(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(|role| role.identity.arn.as_str())
    }

    /// Who has an ARN: of a user, of a role, or of a session of a role.
    #[must_use]
    pub fn actor(&self, arn: &str) -> Option<Actor> {
        if let Some(actor) = self.by_arn.get(arn) {
            return Some(*actor);
        }
        // The path of a role is not part of its sessions' ARNs.
        let (account, session) = arn.split_once(":sts::")?.1.split_once(":assumed-role/")?;
        let (name, _) = session.split_once('/')?;
        let found = self.roles.iter().position(|role| role.identity.name == name);
        found.filter(|_| account == self.id).map(Actor::Role)
    }

    /// What users and roles have alike. None for a place that is not in this account.
    #[must_use]
    pub fn identity(&self, actor: Actor) -> Option<&Identity> {
        match actor {
            Actor::User(at) => self.users.get(at).map(|user| &user.identity),
            Actor::Role(at) => self.roles.get(at).map(|role| &role.identity),
        }
    }

    /// The ARN of an actor.
    #[must_use]
    pub fn arn(&self, actor: Actor) -> &str {
        self.identity(actor).map_or("", |identity| &identity.arn)
    }

    /// A policy.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&Kept> {
        self.policies.get(id.0)
    }

    /// All policies but the trust policies.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &Kept)> {
        self.policies.iter().enumerate().map(|(at, kept)| (PolicyId(at), kept))
    }

    /// Adds a level of service control policies: of the organization's root, of a unit, or of the
    /// account.
    pub fn add_controls(&mut self, level: Vec<(String, Policy)>) {
        let ids = level.into_iter().map(|(name, policy)| {
            self.policies.push(Kept { name, arn: None, policy, other_versions: Vec::new() });
            PolicyId(self.policies.len() - 1)
        });
        let ids = ids.collect();
        self.controls.push(ids);
    }

    /// The policies that grant to an actor: its own, and its groups'.
    pub fn policies_of(&self, actor: Actor) -> impl Iterator<Item = PolicyId> {
        let groups = match actor {
            Actor::User(at) => self.users.get(at).map_or(&[][..], |user| &user.groups),
            Actor::Role(_) => &[],
        };
        let of_groups = groups.iter().filter_map(|group| self.groups.get(*group));
        let own = self.identity(actor).map_or(&[][..], |identity| &identity.policies);
        own.iter().chain(of_groups.flat_map(|group| &group.policies)).copied()
    }

    /// The policies that decide for an actor, less those that are passed over.
    #[must_use]
    pub fn grants(&self, actor: Actor, keep: impl Fn(PolicyId) -> bool) -> Grants<'_, PolicyId> {
        let kept = |id: PolicyId| Some((id, &self.policy(id).filter(|_| keep(id))?.policy));
        let mut kinds = vec![self.policies_of(actor).filter_map(kept).collect()];
        let limits = self.limits(actor).into_iter();
        kinds.extend(limits.map(|level| level.into_iter().filter_map(kept).collect()));
        Grants { kinds }
    }

    /// The policies that would decide for a principal that is not there yet: these of its own, this
    /// boundary, and every level of service control policies.
    #[must_use]
    pub fn grants_of_new<'a>(
        &'a self,
        own: Vec<(PolicyId, &'a Policy)>,
        boundary: Option<PolicyId>,
    ) -> Grants<'a, PolicyId> {
        let level = |ids: &[PolicyId]| {
            let policies = ids.iter().filter_map(|id| Some((*id, &self.policy(*id)?.policy)));
            policies.collect()
        };
        let mut kinds = vec![own];
        kinds.extend(boundary.map(|id| level(&[id])));
        kinds.extend(self.controls.iter().map(|ids| level(ids)));
        Grants { kinds }
    }

    /// What would be known of every request of a user or a role that is not there yet. Its name is
    /// up to whoever makes it, and so are its tags where that is allowed.
    #[must_use]
    pub fn context_of_new(&self, is_user: bool, may_be_tagged: bool) -> Context {
        let mut context = Context::new();
        let mut set = |key: &str, value: &str| context.set(key, [value.to_owned()]);
        set("aws:PrincipalAccount", &self.id);
        set("aws:ResourceAccount", &self.id);
        set("aws:PrincipalIsAWSService", "false");
        set("aws:PrincipalType", if is_user { "User" } else { "AssumedRole" });
        for key in ALWAYS {
            context.present(key);
        }
        context.present("aws:PrincipalArn");
        if is_user {
            context.present("aws:username");
            context.absent("aws:FederatedProvider");
        } else {
            context.absent("aws:username");
        }
        if !may_be_tagged {
            context.absent_prefix("aws:PrincipalTag/");
        }
        context
    }

    /// What limits an actor without granting anything: its boundary, and every level of service
    /// control policies.
    fn limits(&self, actor: Actor) -> Vec<Vec<PolicyId>> {
        let boundary = self.identity(actor).and_then(|identity| identity.boundary);
        let boundary = boundary.map(|id| vec![id]);
        boundary.into_iter().chain(self.controls.iter().cloned()).collect()
    }

    /// A group's own policies, as if they were somebody's.
    #[must_use]
    pub fn group_grants(&self, group: &Group) -> Grants<'_, PolicyId> {
        let policies = group.policies.iter();
        Grants {
            kinds: vec![policies.filter_map(|id| Some((*id, &self.policy(*id)?.policy))).collect()],
        }
    }

    /// What is known of every request of an actor (IAM User Guide, "AWS global condition context
    /// keys").
    #[must_use]
    pub fn context(&self, actor: Actor) -> Context {
        let mut context = Context::new();
        let mut set = |key: &str, value: &str| context.set(key, [value.to_owned()]);
        set("aws:PrincipalAccount", &self.id);
        set("aws:ResourceAccount", &self.id);
        set("aws:PrincipalIsAWSService", "false");
        let Some(identity) = self.identity(actor) else {
            return context;
        };
        set("aws:PrincipalArn", &identity.arn);
        match actor {
            Actor::User(_) => {
                set("aws:PrincipalType", "User");
                set("aws:username", &identity.name);
            }
            Actor::Role(_) => set("aws:PrincipalType", "AssumedRole"),
        }
        for key in ALWAYS {
            context.present(key);
        }
        if let Actor::User(_) = actor {
            context.set("aws:userid", [identity.id.clone()]);
            context.absent("aws:FederatedProvider");
        } else {
            context.absent("aws:username");
        }
        context.absent_prefix("aws:PrincipalTag/");
        for (key, value) in &identity.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), [value.clone()]);
        }
        if self.takes_session_tags(actor) {
            return self.retagged(actor, context);
        }
        context
    }

    /// A context in which somebody may have set the actor's tags to anything.
    #[must_use]
    pub fn retagged(&self, actor: Actor, mut context: Context) -> Context {
        context.unknown_prefix("aws:PrincipalTag/");
        for (key, _) in self.identity(actor).iter().flat_map(|identity| &identity.tags) {
            context.unknown(&format!("aws:PrincipalTag/{key}"));
        }
        context
    }

    /// Whether a session's tags may be set when the role is assumed, over the role's own (IAM User
    /// Guide, "Pass session tags in AWS STS").
    fn takes_session_tags(&self, actor: Actor) -> bool {
        let Actor::Role(at) = actor else { return false };
        let mut statements = self.roles.get(at).into_iter().flat_map(|role| &role.trust.statements);
        statements.any(|statement| {
            statement.effect == crate::Effect::Allow && statement.actions.include("sts:tagsession")
        })
    }

    fn caller<'a>(&'a self, identity: &'a Identity) -> Caller<'a> {
        Caller { arn: &identity.arn, unique_id: &identity.id, account: &self.id }
    }
}
