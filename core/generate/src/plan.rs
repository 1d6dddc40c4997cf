//! What is to be created: the resources, before anybody writes them in a format.

use std::collections::BTreeSet;

use iam::Document;

use super::quota::{self, Limit, QuotaError};

/// The resources, in the order in which they have to be created.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub policies: Vec<Policy>,
    pub groups: Vec<Group>,
    pub roles: Vec<Role>,
    pub permission_sets: Vec<PermissionSet>,
    pub scps: Vec<Scp>,
    /// What had to be split, for people.
    pub notes: Vec<String>,
    names: BTreeSet<(Kind, String)>,
}

/// A customer managed policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub name: String,
    pub description: String,
    pub document: Document,
    /// Roles that are there already, to which it is attached.
    pub roles: Vec<String>,
}

/// A group of users.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub name: String,
    /// The names of its policies, all of them in the plan.
    pub policies: Vec<String>,
}

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub name: String,
    pub description: String,
    pub trust: Document,
    /// The names of its policies, all of them in the plan.
    pub policies: Vec<String>,
}

/// A permission set of IAM Identity Center, with an inline policy.
#[derive(Clone, Debug)]
pub(crate) struct PermissionSet {
    pub name: String,
    pub description: String,
    pub instance: String,
    pub document: Document,
}

/// A service control policy of AWS Organizations.
#[derive(Clone, Debug)]
pub(crate) struct Scp {
    pub name: String,
    pub description: String,
    pub document: Document,
}

/// What has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Policy,
    Group,
    Role,
    PermissionSet,
    Scp,
}

/// Why something cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(
        "the name `{name}` is {length} characters long, and AWS takes {most} for a {kind}; give a shorter `--prefix` or slot"
    )]
    TooLong { name: String, kind: &'static str, length: usize, most: usize },
    #[error("two things would have the name `{0}`; rename the slot")]
    Taken(String),
    #[error(transparent)]
    Quota(#[from] QuotaError),
}

impl Plan {
    /// Adds a policy, as several where one would be too large, and returns their names.
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

    /// Adds a policy and attaches it to roles that are there already.
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

    /// Group names: at most 128 characters (IAM API model: `groupNameType`).
    pub(crate) fn add_group(&mut self, group: Group) -> Result<(), PlanError> {
        self.reserve(Kind::Group, "group", &group.name, 128)?;
        quota::attachments(&group.name, group.policies.len())?;
        self.groups.push(group);
        Ok(())
    }

    /// Role names: at most 64 characters (IAM API model: `roleNameType`).
    pub(crate) fn add_role(&mut self, role: Role) -> Result<(), PlanError> {
        self.reserve(Kind::Role, "role", &role.name, 64)?;
        quota::attachments(&role.name, role.policies.len())?;
        quota::within(&role.name, &role.trust, Limit::TRUST_POLICY)?;
        self.roles.push(role);
        Ok(())
    }

    /// Permission set names: at most 32 characters (SSO Admin API model: `PermissionSetName`).
    pub(crate) fn add_permission_set(&mut self, set: PermissionSet) -> Result<(), PlanError> {
        self.reserve(Kind::PermissionSet, "permission set", &set.name, 32)?;
        quota::within(&set.name, &set.document, Limit::PERMISSION_SET)?;
        self.permission_sets.push(set);
        Ok(())
    }

    /// Adds a service control policy, as several where one would be too large.
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
                "`{name}` would be longer than the {} characters that AWS takes for {}, so it is {} policies",
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

    /// IAM names are unique case-insensitively.
    fn reserve(
        &mut self,
        kind: Kind,
        said: &'static str,
        name: &str,
        most: usize,
    ) -> Result<(), PlanError> {
        if name.len() > most {
            return Err(PlanError::TooLong {
                name: name.to_owned(),
                kind: said,
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
