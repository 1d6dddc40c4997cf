//! Builds an account piece by piece.

#![expect(
    clippy::indexing_slicing,
    reason = "a handle is a place in its account's list, from which nothing is taken out"
)]

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::holder::{Group, Holder, Policy, Role, User};
use super::name::Names;
use super::shape::{
    AttachedPermissionsBoundary, AttachedPolicy, Details, GroupDetail, ManagedPolicyDetail,
    PolicyDetail, PolicyVersion, RoleDetail, Tag, UserDetail,
};
use super::{ACCOUNT, id, managed};

/// An unfinished account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) details: Details,
    pub(super) rng: Rng,
    user_names: Names,
    group_names: Names,
    role_names: Names,
    policy_names: Names,
    aws_managed: BTreeMap<String, Policy>,
}

impl Account {
    /// An empty account.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            details: Details::default(),
            rng: Rng::with_seed(seed),
            user_names: Names::default(),
            group_names: Names::default(),
            role_names: Names::default(),
            policy_names: Names::default(),
            aws_managed: BTreeMap::new(),
        }
    }

    /// Adds a user. The name gets a number if it is taken.
    pub(super) fn user(&mut self, path: &str, wish: &str) -> User {
        let name = self.user_names.take(wish);
        self.details.user_detail_list.push(UserDetail {
            path: path.to_owned(),
            arn: arn("user", path, &name),
            user_name: name,
            user_id: id::unique(&mut self.rng, "AIDA"),
            create_date: id::date(&mut self.rng),
            user_policy_list: Vec::new(),
            group_list: Vec::new(),
            attached_managed_policies: Vec::new(),
            permissions_boundary: None,
            tags: Vec::new(),
        });
        User(self.details.user_detail_list.len() - 1)
    }

    /// Adds a group. The name gets a number if it is taken.
    pub(super) fn group(&mut self, path: &str, wish: &str) -> Group {
        let name = self.group_names.take(wish);
        self.details.group_detail_list.push(GroupDetail {
            path: path.to_owned(),
            arn: arn("group", path, &name),
            group_name: name,
            group_id: id::unique(&mut self.rng, "AGPA"),
            create_date: id::date(&mut self.rng),
            group_policy_list: Vec::new(),
            attached_managed_policies: Vec::new(),
        });
        Group(self.details.group_detail_list.len() - 1)
    }

    /// Adds a role with a trust policy. The name gets a number if it is taken.
    pub(super) fn role(&mut self, path: &str, wish: &str, trust: Value) -> Role {
        let name = self.role_names.take(wish);
        let used = json!({"LastUsedDate": id::date(&mut self.rng), "Region": "eu-west-1"});
        self.details.role_detail_list.push(RoleDetail {
            path: path.to_owned(),
            arn: arn("role", path, &name),
            role_name: name,
            role_id: id::unique(&mut self.rng, "AROA"),
            create_date: id::date(&mut self.rng),
            assume_role_policy_document: trust,
            instance_profile_list: Vec::new(),
            role_policy_list: Vec::new(),
            attached_managed_policies: Vec::new(),
            permissions_boundary: None,
            tags: Vec::new(),
            role_last_used: used,
        });
        Role(self.details.role_detail_list.len() - 1)
    }

    /// Gives a role an instance profile of the same name.
    pub(super) fn instance_profile(&mut self, role: Role) {
        let (profile_id, created) = (id::unique(&mut self.rng, "AIPA"), id::date(&mut self.rng));
        let role = self.role_mut(role);
        let itself = json!({
            "Path": role.path, "RoleName": role.role_name, "RoleId": role.role_id, "Arn": role.arn, "CreateDate": role.create_date,
            "AssumeRolePolicyDocument": role.assume_role_policy_document,
        });
        role.instance_profile_list.push(json!({
            "Path": role.path, "InstanceProfileName": role.role_name, "InstanceProfileId": profile_id,
            "Arn": arn("instance-profile", &role.path, &role.role_name), "CreateDate": created, "Roles": [itself],
        }));
    }

    /// Adds a customer managed policy with all of its versions, oldest first, and the number of the
    /// version in force. The name gets a number if it is taken.
    pub(super) fn policy(&mut self, wish: &str, versions: &[Value], default: usize) -> Policy {
        let name = self.policy_names.take(wish);
        let arn = arn("policy", "/", &name);
        self.managed(name, arn, "/", versions, default)
    }

    /// An AWS managed policy, by its name with its path. The account gets it once, at its first
    /// use.
    pub(super) fn aws_managed(&mut self, name: &str) -> Policy {
        if let Some(policy) = self.aws_managed.get(name) {
            return *policy;
        }
        let (path, bare) = match name.rsplit_once('/') {
            Some((path, bare)) => (format!("/{path}/"), bare),
            None => ("/".to_owned(), name),
        };
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let policy = self.managed(bare.to_owned(), arn, &path, &[managed::document(name)], 1);
        self.aws_managed.insert(name.to_owned(), policy);
        policy
    }

    fn managed(
        &mut self,
        policy_name: String,
        arn: String,
        path: &str,
        versions: &[Value],
        default: usize,
    ) -> Policy {
        let rng = &mut self.rng;
        // IAM lists the newest first.
        let policy_version_list = versions
            .iter()
            .enumerate()
            .rev()
            .map(|(index, document)| PolicyVersion {
                document: document.clone(),
                version_id: format!("v{}", index + 1),
                is_default_version: index + 1 == default,
                create_date: id::date(rng),
            })
            .collect();
        self.details.policies.push(ManagedPolicyDetail {
            policy_name,
            policy_id: id::unique(rng, "ANPA"),
            arn,
            path: path.to_owned(),
            default_version_id: format!("v{default}"),
            attachment_count: 0,
            permissions_boundary_usage_count: 0,
            is_attachable: true,
            create_date: id::date(rng),
            update_date: id::date(rng),
            policy_version_list,
        });
        Policy(self.details.policies.len() - 1)
    }

    /// Puts a user into a group.
    pub(super) fn join(&mut self, user: User, group: Group) {
        let name = self.details.group_detail_list[group.0].group_name.clone();
        let groups = &mut self.details.user_detail_list[user.0].group_list;
        if !groups.contains(&name) {
            groups.push(name);
        }
    }

    /// Writes an inline policy.
    pub(super) fn inline(&mut self, holder: Holder, document: Value) {
        let policies = match holder {
            Holder::User(user) => &mut self.details.user_detail_list[user.0].user_policy_list,
            Holder::Group(group) => &mut self.details.group_detail_list[group.0].group_policy_list,
            Holder::Role(role) => &mut self.details.role_detail_list[role.0].role_policy_list,
        };
        policies.push(PolicyDetail {
            policy_name: format!("inline-{}", policies.len() + 1),
            policy_document: document,
        });
    }

    /// Attaches a managed policy.
    pub(super) fn attach(&mut self, holder: Holder, policy: Policy) {
        let details = &mut self.details;
        let attached = match holder {
            Holder::User(user) => &mut details.user_detail_list[user.0].attached_managed_policies,
            Holder::Group(group) => {
                &mut details.group_detail_list[group.0].attached_managed_policies
            }
            Holder::Role(role) => &mut details.role_detail_list[role.0].attached_managed_policies,
        };
        let policy = &mut details.policies[policy.0];
        let attachment = AttachedPolicy {
            policy_name: policy.policy_name.clone(),
            policy_arn: policy.arn.clone(),
        };
        if !attached.contains(&attachment) {
            attached.push(attachment);
            policy.attachment_count += 1;
        }
    }

    /// Sets the permissions boundary of a user or role.
    pub(super) fn bound(&mut self, holder: Holder, policy: Policy) {
        let details = &mut self.details;
        let boundary = match holder {
            Holder::User(user) => &mut details.user_detail_list[user.0].permissions_boundary,
            Holder::Role(role) => &mut details.role_detail_list[role.0].permissions_boundary,
            Holder::Group(_) => panic!("a group has no permissions boundary"),
        };
        let policy = &mut details.policies[policy.0];
        policy.permissions_boundary_usage_count += 1;
        *boundary = Some(AttachedPermissionsBoundary {
            permissions_boundary_type: "Policy",
            permissions_boundary_arn: policy.arn.clone(),
        });
    }

    /// Tags a user or role.
    pub(super) fn tag(&mut self, holder: Holder, key: &str, value: &str) {
        let tags = match holder {
            Holder::User(user) => &mut self.details.user_detail_list[user.0].tags,
            Holder::Role(role) => &mut self.details.role_detail_list[role.0].tags,
            Holder::Group(_) => panic!("a group has no tags"),
        };
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }

    /// The ARN of a user, group or role.
    pub(super) fn arn(&self, holder: Holder) -> &str {
        match holder {
            Holder::User(user) => &self.details.user_detail_list[user.0].arn,
            Holder::Group(group) => &self.details.group_detail_list[group.0].arn,
            Holder::Role(role) => &self.details.role_detail_list[role.0].arn,
        }
    }

    /// The ARN of a managed policy.
    pub(super) fn policy_arn(&self, policy: Policy) -> &str {
        &self.details.policies[policy.0].arn
    }

    /// The name of a user.
    pub(super) fn user_name(&self, user: User) -> &str {
        &self.details.user_detail_list[user.0].user_name
    }

    /// The number of customer managed policies.
    pub(super) fn customer_policies(&self) -> usize {
        self.details.policies.len() - self.aws_managed.len()
    }

    fn role_mut(&mut self, role: Role) -> &mut RoleDetail {
        &mut self.details.role_detail_list[role.0]
    }
}

fn arn(kind: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}{path}{name}")
}
