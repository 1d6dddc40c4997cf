//! The resources to create, independent of the output format.

use std::collections::BTreeSet;

use iam::Document;

use super::quota::{self, Limit, QuotaError};

/// The resources to create. A list may refer to the lists before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The beginning of all names.
    pub(crate) prefix: String,
    pub(crate) policies: Vec<Policy>,
    pub(crate) groups: Vec<Group>,
    pub(crate) roles: Vec<Role>,
    pub(crate) permission_sets: Vec<PermissionSet>,
    pub(crate) scps: Vec<Scp>,
    /// What the user should know, for example that a policy was split.
    pub(crate) notes: Vec<String>,
    names: BTreeSet<(Kind, String)>,
}

/// A customer managed policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) document: Document,
    /// The existing roles that it is attached to.
    pub(crate) roles: Vec<String>,
}

/// A group of users.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The names of its policies, all of them in the plan.
    pub(crate) policies: Vec<String>,
    /// The existing users who are in it, if the configuration names them.
    pub(crate) members: Vec<String>,
}

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) trust: Document,
    /// The names of its policies, all of them in the plan.
    pub(crate) policies: Vec<String>,
}

/// A permission set of IAM Identity Center, with an inline policy.
#[derive(Clone, Debug)]
pub(crate) struct PermissionSet {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) instance: String,
    pub(crate) document: Document,
}

/// A service control policy of AWS Organizations.
#[derive(Clone, Debug)]
pub(crate) struct Scp {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) document: Document,
}

/// The kinds of resources. Names are unique within a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Policy,
    Group,
    Role,
    PermissionSet,
    Scp,
}

/// Why AWS would refuse a resource.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Its name is too long.
    #[error(
        "the name `{name}` is {length} characters long, and the name of a {kind} has at most \
         {most}; give a shorter `--prefix` or slot"
    )]
    TooLong {
        /// The name.
        name: String,
        /// The kind of the resource.
        kind: &'static str,
        /// Its length.
        length: usize,
        /// The limit of AWS.
        most: usize,
    },
    /// Its name is in use.
    #[error("two resources would have the name `{0}`; rename the slot")]
    Taken(String),
    /// It is too large.
    #[error(transparent)]
    Quota(#[from] QuotaError),
}

impl Plan {
    /// A plan of nothing yet, whose names will begin with `prefix`.
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, ..Self::default() }
    }

    /// Adds a policy, split into several if it is too large, and returns their names.
    pub(crate) fn add_policy(
        &mut self,
        name: &str,
        description: &str,
        document: Document,
    ) -> Result<Vec<String>, PlanError> {
        let parts = self.split(name, document, Limit::MANAGED_POLICY)?;
        let mut names = Vec::new();
        for (name, document) in parts {
            self.reserve(Kind::Policy, "policy", &name, 128)?;
            names.push(name.clone());
            self.policies.push(Policy {
                name,
                description: description.to_owned(),
                document,
                roles: Vec::new(),
            });
        }
        Ok(names)
    }

    /// Adds a policy and attaches it to existing roles.
    pub(crate) fn add_policy_for(
        &mut self,
        name: &str,
        description: &str,
        document: Document,
        roles: &[String],
    ) -> Result<(), PlanError> {
        let first = self.policies.len();
        self.add_policy(name, description, document)?;
        for policy in self.policies.iter_mut().skip(first) {
            policy.roles = roles.to_vec();
        }
        Ok(())
    }

    /// A group's name has at most 128 characters (IAM API model: `groupNameType`).
    pub(crate) fn add_group(&mut self, group: Group) -> Result<(), PlanError> {
        self.reserve(Kind::Group, "group", &group.name, 128)?;
        quota::attachments(&group.name, group.policies.len())?;
        self.groups.push(group);
        Ok(())
    }

    /// A role's name has at most 64 characters (IAM API model: `roleNameType`).
    pub(crate) fn add_role(&mut self, role: Role) -> Result<(), PlanError> {
        self.reserve(Kind::Role, "role", &role.name, 64)?;
        quota::attachments(&role.name, role.policies.len())?;
        quota::within(&role.name, &role.trust, Limit::TRUST_POLICY)?;
        self.roles.push(role);
        Ok(())
    }

    /// A permission set's name has at most 32 characters (SSO Admin API model:
    /// `PermissionSetName`).
    pub(crate) fn add_permission_set(&mut self, set: PermissionSet) -> Result<(), PlanError> {
        self.reserve(Kind::PermissionSet, "permission set", &set.name, 32)?;
        quota::within(&set.name, &set.document, Limit::PERMISSION_SET)?;
        self.permission_sets.push(set);
        Ok(())
    }

    /// Adds a service control policy, split into several if it is too large.
    pub(crate) fn add_scp(
        &mut self,
        name: &str,
        description: &str,
        document: Document,
    ) -> Result<(), PlanError> {
        for (name, document) in self.split(name, document, Limit::SCP)? {
            self.reserve(Kind::Scp, "service control policy", &name, 128)?;
            self.scps.push(Scp { name, description: description.to_owned(), document });
        }
        Ok(())
    }

    fn split(
        &mut self,
        name: &str,
        document: Document,
        limit: Limit,
    ) -> Result<Vec<(String, Document)>, PlanError> {
        let parts = quota::split(name, document, limit)?;
        if parts.len() > 1 {
            self.notes.push(format!(
                "`{name}` would be longer than the {} characters that AWS allows for {}, so it is \
                 split into {} policies",
                limit.characters,
                limit.of,
                parts.len()
            ));
        }
        let numbered = |(at, document): (usize, Document)| match at {
            0 => (name.to_owned(), document),
            _ => (format!("{name}-{}", at + 1), document),
        };
        Ok(parts.into_iter().enumerate().map(numbered).collect())
    }

    /// Checks the length of a name and that it is new. IAM ignores the case of names. `noun` names
    /// the kind in an error.
    fn reserve(
        &mut self,
        kind: Kind,
        noun: &'static str,
        name: &str,
        most: usize,
    ) -> Result<(), PlanError> {
        if name.len() > most {
            return Err(PlanError::TooLong {
                name: name.to_owned(),
                kind: noun,
                length: name.len(),
                most,
            });
        }
        if !self.names.insert((kind, name.to_lowercase())) {
            return Err(PlanError::Taken(name.to_owned()));
        }
        Ok(())
    }
}
