//! Snapshots of accounts: the principals, and their policies.

mod attachable;
mod build;
mod context;
mod control;
mod deprecated;
pub mod details;
mod error;
mod outsider;
mod trust;

pub use control::Control;
pub use error::AccountError;
pub use outsider::{Entrance, Outsider};
pub use trust::{Assumer, Assumption, Outsiders, Trustees};

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use names::Arn;

use crate::grants::{Grants, Limits, Policies};
use crate::policy::{Caller, Policy};

/// An account.
#[derive(Debug)]
pub struct Account {
    /// Its partition: `aws`, `aws-cn`, …
    pub partition: String,
    /// Its id: 12 digits.
    pub id: String,
    /// Its users.
    pub users: Vec<User>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its roles.
    pub roles: Vec<Role>,
    policies: Vec<StoredPolicy>,
    /// How many of these are of AWS and nobody's.
    attachable: usize,
    /// The service control policies of each level above the account.
    controls: Vec<Vec<PolicyId>>,
    /// The time from which requests are judged, if it is known.
    now: Option<Timestamp>,
    by_arn: HashMap<String, Actor>,
    /// By their unique ids.
    by_id: HashMap<String, Actor>,
    roles_by_name: HashMap<String, RoleIx>,
    /// The ARNs of boundaries that are not in the snapshot. Their principals are treated as
    /// unbounded.
    pub missing_boundaries: Vec<String>,
}

/// The place of a user in [`Account::users`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserIx(pub usize);

/// The place of a group in [`Account::groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIx(pub usize);

/// The place of a role in [`Account::roles`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleIx(pub usize);

/// Identifies a policy of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId(usize);

impl PolicyId {
    /// A policy that the account does not have, to ask what would happen if it had.
    pub const SUPPOSED: Self = Self(usize::MAX);

    /// Its place in [`Account::policies`].
    #[must_use]
    pub fn place(self) -> usize {
        self.0
    }
}

/// A policy of an account.
#[derive(Debug)]
pub struct StoredPolicy {
    /// Its name. The name of a managed policy includes the version.
    pub name: String,
    /// Its ARN. Inline policies have none.
    pub arn: Option<String>,
    /// The policy. Policies with the same text share it.
    pub policy: Arc<Policy>,
    /// The versions of a customer managed policy that are not in force.
    pub other_versions: Vec<Arc<Policy>>,
    /// Why it cannot be read. Then its text is the worst that it may be: it allows at least as
    /// much.
    pub unread: Option<String>,
}

/// A user.
#[derive(Debug)]
pub struct User {
    /// The part that it shares with roles.
    pub identity: Identity,
    /// Its groups.
    pub groups: Vec<GroupIx>,
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
    /// The part that it shares with users.
    pub identity: Identity,
    /// Its trust policy.
    pub trust: Arc<Policy>,
    /// Why its trust policy cannot be read. Then it is the worst that it may be.
    pub unread_trust: Option<String>,
}

/// The common part of users and roles.
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
    /// Its permissions boundary.
    pub boundary: Option<PolicyId>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A principal that can act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A user.
    User(UserIx),
    /// A role.
    Role(RoleIx),
}

impl Identity {
    /// Its path, e.g. `/` or `/aws-service-role/support.amazonaws.com/`. The ARN includes it (IAM
    /// User Guide, "IAM identifiers").
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = Arn::parse(&self.arn).map_or("", |arn| arn.resource);
        let named = resource.find('/').and_then(|start| resource.get(start..));
        let path = named.and_then(|named| named.get(..=named.rfind('/')?));
        path.unwrap_or("/")
    }
}

impl Account {
    /// All users, then all roles.
    pub fn actors(&self) -> impl Iterator<Item = Actor> {
        let users = self.users_by_ix().map(|(at, _)| Actor::User(at));
        users.chain(self.roles_by_ix().map(|(at, _)| Actor::Role(at)))
    }

    /// A user. Returns `None` if the account does not have it.
    #[must_use]
    pub fn user(&self, at: UserIx) -> Option<&User> {
        self.users.get(at.0)
    }

    /// A group. Returns `None` if the account does not have it.
    #[must_use]
    pub fn group(&self, at: GroupIx) -> Option<&Group> {
        self.groups.get(at.0)
    }

    /// A role. Returns `None` if the account does not have it.
    #[must_use]
    pub fn role(&self, at: RoleIx) -> Option<&Role> {
        self.roles.get(at.0)
    }

    /// All users, each with its place.
    pub fn users_by_ix(&self) -> impl Iterator<Item = (UserIx, &User)> {
        (0..).map(UserIx).zip(&self.users)
    }

    /// All groups, each with its place.
    pub fn groups_by_ix(&self) -> impl Iterator<Item = (GroupIx, &Group)> {
        (0..).map(GroupIx).zip(&self.groups)
    }

    /// All roles, each with its place.
    pub fn roles_by_ix(&self) -> impl Iterator<Item = (RoleIx, &Role)> {
        (0..).map(RoleIx).zip(&self.roles)
    }

    /// The ARN of every role, path included.
    pub fn role_arns(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(|role| role.identity.arn.as_str())
    }

    /// The actor with an ARN: that of a user, of a role, or of a session of a role.
    #[must_use]
    pub fn actor(&self, arn: &str) -> Option<Actor> {
        if let Some(actor) = self.by_arn.get(arn) {
            return Some(*actor);
        }
        // The ARN of a session does not have the path of its role.
        let Arn { service: "sts", region: "", account, resource, .. } = Arn::parse(arn)? else {
            return None;
        };
        let (name, _) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
        let found = self.roles_by_name.get(name).filter(|_| account == self.id);
        found.map(|at| Actor::Role(*at))
    }

    /// The common part of users and roles. Returns `None` if the actor is of another account.
    #[must_use]
    pub fn identity(&self, actor: Actor) -> Option<&Identity> {
        match actor {
            Actor::User(at) => self.user(at).map(|user| &user.identity),
            Actor::Role(at) => self.role(at).map(|role| &role.identity),
        }
    }

    /// The ARN of an actor. Empty if the actor is of another account.
    #[must_use]
    pub fn arn(&self, actor: Actor) -> &str {
        self.identity(actor).map_or("", |identity| &identity.arn)
    }

    /// A policy. Returns `None` if the account does not have it.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&StoredPolicy> {
        self.policies.get(id.0)
    }

    /// The number of policies except the trust policies and those of AWS that nobody has.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.policies.len() - self.attachable
    }

    /// All policies except the trust policies, also those of AWS that nobody has but that somebody
    /// might attach.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &StoredPolicy)> {
        self.policies.iter().enumerate().map(|(at, stored)| (PolicyId(at), stored))
    }

    /// Adds a level of service control policies: those of the organization's root, of a unit, or of
    /// the account.
    pub fn add_controls(&mut self, level: impl IntoIterator<Item = Control>) {
        let ids = level.into_iter().map(|Control { name, policy, unread }| {
            self.policies.push(StoredPolicy {
                name,
                arn: None,
                policy: Arc::new(policy),
                other_versions: Vec::new(),
                unread,
            });
            PolicyId(self.policies.len() - 1)
        });
        let ids = ids.collect();
        self.controls.push(ids);
    }

    /// The policies that grant to an actor: its own, and those of its groups.
    pub fn policies_of(&self, actor: Actor) -> impl Iterator<Item = PolicyId> {
        let groups = match actor {
            Actor::User(at) => self.user(at).map_or(&[][..], |user| &user.groups),
            Actor::Role(_) => &[],
        };
        let of_groups = groups.iter().filter_map(|group| self.group(*group));
        let own = self.identity(actor).map_or(&[][..], |identity| &identity.policies);
        own.iter().chain(of_groups.flat_map(|group| &group.policies)).copied()
    }

    /// The policies that decide for an actor. Those that `keep` refuses are left out.
    #[must_use]
    pub fn grants(&self, actor: Actor, keep: impl Fn(PolicyId) -> bool) -> Grants<'_, PolicyId> {
        Grants {
            identity: self.stored(self.policies_of(actor), &keep),
            limits: self.limits(self.boundary(actor), self.is_exempt(actor), &keep),
        }
    }

    /// The policies that would decide for a new principal with these policies and this boundary.
    #[must_use]
    pub fn grants_of_new<'a>(
        &'a self,
        own: Policies<'a, PolicyId>,
        boundary: Option<PolicyId>,
    ) -> Grants<'a, PolicyId> {
        Grants { identity: own, limits: self.limits(boundary, false, &|_| true) }
    }

    /// Whether service control policies do not limit an actor: "SCPs don't affect service-linked
    /// roles" (AWS Organizations User Guide, "Service control policies").
    fn is_exempt(&self, actor: Actor) -> bool {
        let is_linked = |identity: &Identity| identity.path().starts_with("/aws-service-role/");
        matches!(actor, Actor::Role(_)) && self.identity(actor).is_some_and(is_linked)
    }

    /// The policies that limit a principal with this boundary. Service control policies do not if
    /// it is exempt.
    fn limits(
        &self,
        boundary: Option<PolicyId>,
        is_exempt: bool,
        keep: &impl Fn(PolicyId) -> bool,
    ) -> Limits<'_, PolicyId> {
        let controls = self.controls.iter().filter(|_| !is_exempt);
        Limits {
            boundary: boundary.map(|id| self.stored([id], keep)),
            controls: controls.map(|level| self.stored(level.iter().copied(), keep)).collect(),
        }
    }

    fn stored(
        &self,
        ids: impl IntoIterator<Item = PolicyId>,
        keep: &impl Fn(PolicyId) -> bool,
    ) -> Policies<'_, PolicyId> {
        let kept = ids.into_iter().filter(|id| keep(*id));
        kept.filter_map(|id| Some((id, &*self.policy(id)?.policy))).collect()
    }

    fn boundary(&self, actor: Actor) -> Option<PolicyId> {
        self.identity(actor)?.boundary
    }

    /// The policies of a group, as if they were the only ones of a principal.
    #[must_use]
    pub fn group_grants(&self, group: &Group) -> Grants<'_, PolicyId> {
        let policies = group.policies.iter().copied();
        Grants { identity: self.stored(policies, &|_| true), limits: Limits::default() }
    }

    fn caller<'a>(&'a self, identity: &'a Identity) -> Caller<'a> {
        Caller { arn: &identity.arn, unique_id: &identity.id, account: &self.id }
    }
}
