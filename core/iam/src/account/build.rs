//! Reads accounts from the output of AWS.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use names::Arn;

use super::details::{
    AttachedPolicy, Boundary, Details, GroupDetail, InlinePolicy, PolicyDetail, RoleDetail, Tag,
    UserDetail,
};
use super::{
    Account, AccountError, Actor, Group, GroupIx, Identity, PolicyId, Role, RoleIx, StoredPolicy,
    User, UserIx,
};
use super::{attachable, deprecated};
use crate::policy::{Policy, PolicyError};

impl Account {
    /// Reads the output of `aws iam get-account-authorization-details`. Policy documents may also
    /// be URL-encoded texts, as the API sends them.
    ///
    /// # Errors
    /// If the text is something else, only a part of an account or empty, or a policy is not valid.
    pub fn parse(json: &str) -> Result<Self, AccountError> {
        Self::new(serde_json::from_str(json).map_err(AccountError::Json)?)
    }

    /// As [`Account::supposing`], from the output of `aws iam get-account-authorization-details`.
    ///
    /// # Errors
    /// As [`Account::supposing`].
    pub fn parse_supposing(json: &str) -> Result<Self, AccountError> {
        Self::supposing(serde_json::from_str(json).map_err(AccountError::Json)?)
    }

    /// As [`Account::parse`], from details that are already parsed.
    ///
    /// # Errors
    /// As [`Account::parse`].
    pub fn new(details: Details<'_>) -> Result<Self, AccountError> {
        let (account, mut problems) = Self::read(details)?;
        match problems.is_empty() {
            true => Ok(account),
            false => Err(problems.swap_remove(0)),
        }
    }

    /// As [`Account::new`], but a policy that cannot be read or is not in the snapshot counts as
    /// the worst that it may be. [`StoredPolicy::unread`] and [`Role::unread_trust`] say so.
    ///
    /// # Errors
    /// As [`Account::parse`], except for those policies.
    pub fn supposing(details: Details<'_>) -> Result<Self, AccountError> {
        Self::read(details).map(|(account, _)| account)
    }

    /// Reads an account, and lists the faults of its policies.
    fn read(mut details: Details<'_>) -> Result<(Self, Vec<AccountError>), AccountError> {
        let lists = [
            ("UserDetailList", details.user_detail_list.is_none()),
            ("GroupDetailList", details.group_detail_list.is_none()),
            ("RoleDetailList", details.role_detail_list.is_none()),
            ("Policies", details.policies.is_none()),
        ];
        if lists.iter().all(|(_, missing)| *missing) {
            return Err(AccountError::Other);
        }
        if details.is_truncated || details.next_token.is_some() {
            return Err(AccountError::Truncated);
        }
        if let Some((list, _)) = lists.iter().find(|(_, missing)| *missing) {
            return Err(AccountError::Filtered(list));
        }
        details.read_documents();
        let mut builder = Builder::default();
        builder.managed(details.policies.unwrap_or_default());
        let groups = builder.groups(details.group_detail_list.unwrap_or_default());
        let places =
            (0..).map(GroupIx).zip(&groups).map(|(at, group)| (group.name.clone(), at)).collect();
        let users = builder.users(details.user_detail_list.unwrap_or_default(), &places);
        let roles = builder.roles(details.role_detail_list.unwrap_or_default());
        builder.finish(users, groups, roles)
    }
}

/// The part of an account that is already read.
#[derive(Default)]
struct Builder {
    policies: Vec<StoredPolicy>,
    managed: HashMap<String, PolicyId>,
    missing_boundaries: Vec<String>,
    /// The faults of policies that count as the worst that they may be.
    problems: Vec<AccountError>,
}

impl Builder {
    fn managed(&mut self, details: Vec<PolicyDetail<'_>>) {
        for detail in details {
            let mut in_force = Vec::new();
            let mut other_versions = Vec::new();
            let mut unread = None;
            for version in detail.policy_version_list {
                let (policy, problem) = version.document.identity();
                let of = || format!("the account, version {}", version.version_id);
                if let Some(problem) = problem {
                    unread.get_or_insert(format!("version {}: {problem}", version.version_id));
                    self.refused(detail.arn.clone(), of(), problem);
                }
                match version.is_default_version {
                    true => in_force.push((policy, version.version_id)),
                    false => other_versions.push(policy),
                }
            }
            let (policy, name) = match in_force.pop() {
                Some((policy, version)) if in_force.is_empty() => {
                    (policy, format!("{} ({version})", detail.policy_name))
                }
                Some(_) | None => {
                    let problem = AccountError::Version(detail.arn.clone());
                    unread.get_or_insert(problem.to_string());
                    self.problems.push(problem);
                    (Arc::new(Policy::allowing_everything()), detail.policy_name)
                }
            };
            self.managed.insert(detail.arn.clone(), PolicyId(self.policies.len()));
            let arn = Some(detail.arn);
            self.policies.push(StoredPolicy { name, arn, policy, other_versions, unread });
        }
    }

    /// Adds the AWS managed policies that lead somewhere and that nobody has.
    fn add_attachable(&mut self, partition: &str) {
        for (name, policy) in attachable::POLICIES.iter() {
            let arn = format!("arn:{partition}:iam::aws:policy/{name}");
            if !self.managed.contains_key(&arn) {
                self.policies.push(StoredPolicy {
                    name: name.clone(),
                    arn: Some(arn),
                    policy: Arc::clone(policy),
                    other_versions: Vec::new(),
                    unread: None,
                });
            }
        }
    }

    /// Notes that a policy cannot be read.
    fn refused(&mut self, policy: String, of: String, problem: PolicyError) {
        self.problems.push(AccountError::Policy { policy, of, problem });
    }

    fn groups(&mut self, details: Vec<GroupDetail<'_>>) -> Vec<Group> {
        let mut groups = Vec::with_capacity(details.len());
        for detail in details {
            groups.push(Group {
                policies: self.policies(
                    detail.group_policy_list,
                    detail.attached_managed_policies,
                    &detail.arn,
                ),
                name: detail.group_name,
                arn: detail.arn,
            });
        }
        groups
    }

    fn users(
        &mut self,
        details: Vec<UserDetail<'_>>,
        groups: &HashMap<String, GroupIx>,
    ) -> Vec<User> {
        let mut users = Vec::with_capacity(details.len());
        for detail in details {
            let mut policies = self.policies(
                detail.user_policy_list,
                detail.attached_managed_policies,
                &detail.arn,
            );
            let mut in_groups = Vec::with_capacity(detail.group_list.len());
            for group in detail.group_list {
                match groups.get(&group) {
                    Some(at) => in_groups.push(*at),
                    None => policies.push(self.suppose_group(group, &detail.user_name)),
                }
            }
            users.push(User {
                groups: in_groups,
                identity: Identity {
                    policies,
                    boundary: self.boundary(detail.permissions_boundary),
                    name: detail.user_name,
                    id: detail.user_id,
                    arn: detail.arn,
                    tags: tags(detail.tags),
                },
            });
        }
        users
    }

    fn roles(&mut self, details: Vec<RoleDetail<'_>>) -> Vec<Role> {
        let mut roles = Vec::with_capacity(details.len());
        for detail in details {
            let policies = self.policies(
                detail.role_policy_list,
                detail.attached_managed_policies,
                &detail.arn,
            );
            let (trust, problem) = detail.assume_role_policy_document.trust();
            let unread_trust = problem.as_ref().map(ToString::to_string);
            if let Some(problem) = problem {
                self.refused("trust policy".to_owned(), detail.arn.clone(), problem);
            }
            roles.push(Role {
                trust,
                unread_trust,
                identity: Identity {
                    policies,
                    boundary: self.boundary(detail.permissions_boundary),
                    name: detail.role_name,
                    id: detail.role_id,
                    arn: detail.arn,
                    tags: tags(detail.tags),
                },
            });
        }
        roles
    }

    /// The inline and managed policies of one identity.
    fn policies(
        &mut self,
        inline: Vec<InlinePolicy<'_>>,
        attached: Vec<AttachedPolicy>,
        of: &str,
    ) -> Vec<PolicyId> {
        let mut ids = Vec::with_capacity(inline.len() + attached.len());
        for policy in inline {
            ids.push(self.inline(policy, of));
        }
        for policy in attached {
            let arn = policy.policy_arn;
            ids.push(match self.managed.get(&arn) {
                Some(id) => *id,
                None => self.suppose(arn, of),
            });
        }
        ids
    }

    /// Adds a managed policy that is not in the snapshot: by its text if that is known, otherwise
    /// as one that allows everything. AWS leaves out its own policies that it has deprecated,
    /// although they are attached and in force.
    fn suppose(&mut self, arn: String, of: &str) -> PolicyId {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let id = PolicyId(self.policies.len());
        let known = deprecated::policy(&arn);
        let why = match arn.contains(":iam::aws:policy/") {
            true => "it is not in the snapshot, because AWS leaves deprecated policies out",
            false => "it is not in the snapshot, although it is attached",
        };
        self.policies.push(StoredPolicy {
            name: format!("{name} (not in the snapshot)"),
            arn: Some(arn.clone()),
            unread: known.is_none().then(|| why.to_owned()),
            policy: Arc::new(known.unwrap_or_else(Policy::allowing_everything)),
            other_versions: Vec::new(),
        });
        self.managed.insert(arn.clone(), id);
        self.problems.push(AccountError::MissingPolicy { policy: arn, of: of.to_owned() });
        id
    }

    /// Adds the policies of a group that is not in the snapshot, as one that allows everything.
    fn suppose_group(&mut self, group: String, user: &str) -> PolicyId {
        self.policies.push(StoredPolicy {
            name: format!("that of the group {group}"),
            arn: None,
            policy: Arc::new(Policy::allowing_everything()),
            other_versions: Vec::new(),
            unread: Some("the group is not in the snapshot".to_owned()),
        });
        self.problems.push(AccountError::MissingGroup { user: user.to_owned(), group });
        PolicyId(self.policies.len() - 1)
    }

    /// AWS lists AWS managed policies that are attached. If one is only a boundary, the snapshot
    /// may have nothing but its ARN. Then the principal is treated as unbounded: to overestimate
    /// its reach is safe here, to underestimate it is not.
    fn boundary(&mut self, boundary: Option<Boundary>) -> Option<PolicyId> {
        let arn = boundary?.permissions_boundary_arn;
        let id = self.managed.get(&arn).copied();
        if id.is_none() {
            self.missing_boundaries.push(arn);
        }
        id
    }

    fn inline(&mut self, policy: InlinePolicy<'_>, of: &str) -> PolicyId {
        let name = policy.policy_name;
        let (policy, problem) = policy.policy_document.identity();
        let unread = problem.as_ref().map(ToString::to_string);
        if let Some(problem) = problem {
            self.refused(name.clone(), of.to_owned(), problem);
        }
        let other_versions = Vec::new();
        self.policies.push(StoredPolicy { name, arn: None, policy, other_versions, unread });
        PolicyId(self.policies.len() - 1)
    }

    fn finish(
        mut self,
        users: Vec<User>,
        groups: Vec<Group>,
        roles: Vec<Role>,
    ) -> Result<(Account, Vec<AccountError>), AccountError> {
        let users_arns =
            (0..).map(UserIx).zip(&users).map(|(at, user)| (&user.identity.arn, Actor::User(at)));
        let roles_arns =
            (0..).map(RoleIx).zip(&roles).map(|(at, role)| (&role.identity.arn, Actor::Role(at)));
        let by_arn: HashMap<String, Actor> =
            users_arns.chain(roles_arns).map(|(arn, actor)| (arn.clone(), actor)).collect();
        let mut by_id = HashMap::new();
        for (at, user) in (0..).map(UserIx).zip(&users) {
            by_id.entry(user.identity.id.clone()).or_insert(Actor::User(at));
        }
        let mut roles_by_name = HashMap::new();
        for (at, role) in (0..).map(RoleIx).zip(&roles) {
            by_id.entry(role.identity.id.clone()).or_insert(Actor::Role(at));
            roles_by_name.entry(role.identity.name.clone()).or_insert(at);
        }
        let mut known = HashSet::new();
        self.missing_boundaries.retain(|arn| known.insert(arn.clone()));
        let of_users = users.iter().map(|user| &user.identity.arn);
        let of_groups = groups.iter().map(|group| &group.arn);
        let of_roles = roles.iter().map(|role| &role.identity.arn);
        let mut accounts: BTreeSet<&str> = BTreeSet::new();
        let mut first: Option<(&str, &str)> = None;
        let mut stranger = None;
        for arn in of_users.chain(of_groups).chain(of_roles) {
            let Some(Arn { partition, service: "iam", region: "", account, .. }) = Arn::parse(arn)
            else {
                return Err(AccountError::Arn(arn.clone()));
            };
            accounts.insert(account);
            if *first.get_or_insert((partition, account)) != (partition, account) {
                stranger.get_or_insert(arn);
            }
        }
        let (partition, id) = first.ok_or(AccountError::Empty)?;
        if let Some(stranger) = stranger {
            let accounts: Vec<&str> = accounts.into_iter().collect();
            return Err(AccountError::Accounts {
                accounts: accounts.join(", "),
                first: id.to_owned(),
                stranger: stranger.clone(),
            });
        }
        let (partition, id) = (partition.to_owned(), id.to_owned());
        let before = self.policies.len();
        self.add_attachable(&partition);
        let account = Account {
            attachable: self.policies.len() - before,
            partition,
            id,
            users,
            groups,
            roles,
            policies: self.policies,
            controls: Vec::new(),
            now: None,
            by_arn,
            by_id,
            roles_by_name,
            missing_boundaries: self.missing_boundaries,
        };
        Ok((account, self.problems))
    }
}

fn tags(tags: Vec<Tag>) -> Vec<(String, String)> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}
