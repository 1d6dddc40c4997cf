//! Reads accounts from the output of AWS.

use std::collections::HashMap;

use names::Arn;

use super::details::{
    AttachedPolicy, Boundary, Details, GroupDetail, InlinePolicy, PolicyDetail, RoleDetail, Tag,
    UserDetail,
};
use super::{
    Account, Actor, Group, GroupIx, Identity, PolicyId, Role, RoleIx, StoredPolicy, User, UserIx,
};
use crate::policy::{Policy, PolicyError};

/// Why an account cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The text is not JSON, or has another shape.
    #[error("not what `aws iam get-account-authorization-details` prints: {0}")]
    Json(serde_json::Error),
    /// The text is another JSON object.
    #[error(
        "not what `aws iam get-account-authorization-details` prints: it has none of \
         UserDetailList, GroupDetailList, RoleDetailList and Policies"
    )]
    Other,
    /// The file is one page of several.
    #[error(
        "only a part of the account: there are more pages; run the command again without \
         --no-paginate and --max-items to get all pages"
    )]
    Truncated,
    /// The account has no principals.
    #[error("the account has no user, no group and no role, so there is nothing to audit")]
    Empty,
    /// A list is missing, because the command ran with `--filter`.
    #[error(
        "only a part of the account: {0} is missing; run the command again without --filter to get \
         users, groups, roles and all policies"
    )]
    Filtered(&'static str),
    /// A policy is not valid.
    #[error("the policy `{policy}` of {of}: {problem}")]
    Policy {
        /// Its name or ARN.
        policy: String,
        /// The ARN of its owner.
        of: String,
        /// The fault.
        problem: PolicyError,
    },
    /// An attached policy is missing.
    #[error(
        "{of} has the policy `{policy}`, which is not in the snapshot; run the command again without \
         --filter to get all attached policies"
    )]
    MissingPolicy {
        /// Its ARN.
        policy: String,
        /// The ARN of an identity that has it.
        of: String,
    },
    /// A managed policy does not have exactly one version in force.
    #[error("the policy `{0}` has no default version, or several")]
    Version(String),
    /// A group of a user is missing.
    #[error(
        "the user `{user}` is in the group `{group}`, which is not in the snapshot; run the command \
         again without --filter"
    )]
    MissingGroup {
        /// The user's name.
        user: String,
        /// The group's name.
        group: String,
    },
    /// An ARN of something else than a principal.
    #[error("`{0}` is not the ARN of a user, a group or a role")]
    Arn(String),
    /// The principals are of several accounts.
    #[error(
        "`{arn}` is not in the account {account} of the principals before it: the file has several \
         accounts, and each needs its own file"
    )]
    Accounts {
        /// The ARN of the principal.
        arn: String,
        /// The account of the first principal.
        account: String,
    },
}

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
        let account = Self::supposing(details)?;
        match account.supposed_policies.first() {
            None => Ok(account),
            Some((policy, of)) => {
                Err(AccountError::MissingPolicy { policy: policy.clone(), of: of.clone() })
            }
        }
    }

    /// As [`Account::new`], but an attached AWS managed policy that is not in the snapshot is
    /// treated as one that allows everything, and listed in [`Account::supposed_policies`]. AWS
    /// omits policies that it has deprecated, although they are attached and in force.
    ///
    /// # Errors
    /// As [`Account::parse`], except for those policies.
    pub fn supposing(mut details: Details<'_>) -> Result<Self, AccountError> {
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
        builder.managed(details.policies.unwrap_or_default())?;
        let groups = builder.groups(details.group_detail_list.unwrap_or_default())?;
        let places =
            (0..).map(GroupIx).zip(&groups).map(|(at, group)| (group.name.clone(), at)).collect();
        let users = builder.users(details.user_detail_list.unwrap_or_default(), &places)?;
        let roles = builder.roles(details.role_detail_list.unwrap_or_default())?;
        builder.finish(users, groups, roles)
    }
}

/// The part of an account that is already read.
#[derive(Default)]
struct Builder {
    policies: Vec<StoredPolicy>,
    managed: HashMap<String, PolicyId>,
    missing_boundaries: Vec<String>,
    supposed_policies: Vec<(String, String)>,
}

impl Builder {
    fn managed(&mut self, details: Vec<PolicyDetail<'_>>) -> Result<(), AccountError> {
        for detail in details {
            let mut in_force = None;
            let mut other_versions = Vec::new();
            for version in detail.policy_version_list {
                let policy =
                    version.document.identity().map_err(|problem| AccountError::Policy {
                        policy: detail.arn.clone(),
                        of: format!("the account, version {}", version.version_id),
                        problem,
                    })?;
                if !version.is_default_version {
                    other_versions.push(policy);
                } else if in_force.replace((policy, version.version_id)).is_some() {
                    return Err(AccountError::Version(detail.arn));
                }
            }
            let Some((policy, version)) = in_force else {
                return Err(AccountError::Version(detail.arn));
            };
            self.managed.insert(detail.arn.clone(), PolicyId(self.policies.len()));
            self.policies.push(StoredPolicy {
                name: format!("{} ({version})", detail.policy_name),
                arn: Some(detail.arn),
                policy,
                other_versions,
            });
        }
        Ok(())
    }

    fn groups(&mut self, details: Vec<GroupDetail<'_>>) -> Result<Vec<Group>, AccountError> {
        let mut groups = Vec::with_capacity(details.len());
        for detail in details {
            groups.push(Group {
                policies: self.policies(
                    detail.group_policy_list,
                    detail.attached_managed_policies,
                    &detail.arn,
                )?,
                name: detail.group_name,
                arn: detail.arn,
            });
        }
        Ok(groups)
    }

    fn users(
        &mut self,
        details: Vec<UserDetail<'_>>,
        groups: &HashMap<String, GroupIx>,
    ) -> Result<Vec<User>, AccountError> {
        let mut users = Vec::with_capacity(details.len());
        for detail in details {
            let policies = self.policies(
                detail.user_policy_list,
                detail.attached_managed_policies,
                &detail.arn,
            )?;
            let in_groups = detail.group_list.into_iter().map(|group| {
                groups.get(&group).copied().ok_or_else(|| AccountError::MissingGroup {
                    user: detail.user_name.clone(),
                    group,
                })
            });
            users.push(User {
                groups: in_groups.collect::<Result<_, _>>()?,
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
        Ok(users)
    }

    fn roles(&mut self, details: Vec<RoleDetail<'_>>) -> Result<Vec<Role>, AccountError> {
        let mut roles = Vec::with_capacity(details.len());
        for detail in details {
            let policies = self.policies(
                detail.role_policy_list,
                detail.attached_managed_policies,
                &detail.arn,
            )?;
            let trust = detail.assume_role_policy_document.trust();
            roles.push(Role {
                trust: trust.map_err(|problem| AccountError::Policy {
                    policy: "trust policy".to_owned(),
                    of: detail.arn.clone(),
                    problem,
                })?,
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
        Ok(roles)
    }

    /// The inline and managed policies of one identity.
    fn policies(
        &mut self,
        inline: Vec<InlinePolicy<'_>>,
        attached: Vec<AttachedPolicy>,
        of: &str,
    ) -> Result<Vec<PolicyId>, AccountError> {
        let mut ids = Vec::with_capacity(inline.len() + attached.len());
        for policy in inline {
            ids.push(self.inline(policy, of)?);
        }
        for policy in attached {
            let arn = policy.policy_arn;
            ids.push(match self.managed.get(&arn) {
                Some(id) => *id,
                None if arn.contains(":iam::aws:policy/") => self.suppose(arn, of),
                None => {
                    return Err(AccountError::MissingPolicy { policy: arn, of: of.to_owned() });
                }
            });
        }
        Ok(ids)
    }

    /// Adds an AWS managed policy whose text is unknown.
    fn suppose(&mut self, arn: String, of: &str) -> PolicyId {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let id = PolicyId(self.policies.len());
        self.policies.push(StoredPolicy {
            name: format!("{name} (not in the snapshot)"),
            arn: Some(arn.clone()),
            policy: Policy::allowing_everything(),
            other_versions: Vec::new(),
        });
        self.managed.insert(arn.clone(), id);
        self.supposed_policies.push((arn, of.to_owned()));
        id
    }

    /// AWS lists AWS managed policies that are attached. If one is only a boundary, the snapshot
    /// may have nothing but its ARN. Then the principal is treated as unbounded: to overestimate
    /// its reach is safe here, to underestimate it is not.
    fn boundary(&mut self, boundary: Option<Boundary>) -> Option<PolicyId> {
        let arn = boundary?.permissions_boundary_arn;
        let id = self.managed.get(&arn).copied();
        if id.is_none() && !self.missing_boundaries.contains(&arn) {
            self.missing_boundaries.push(arn);
        }
        id
    }

    fn inline(&mut self, policy: InlinePolicy<'_>, of: &str) -> Result<PolicyId, AccountError> {
        let name = policy.policy_name;
        let policy = policy.policy_document.identity().map_err(|problem| AccountError::Policy {
            policy: name.clone(),
            of: of.to_owned(),
            problem,
        })?;
        self.policies.push(StoredPolicy { name, arn: None, policy, other_versions: Vec::new() });
        Ok(PolicyId(self.policies.len() - 1))
    }

    fn finish(
        self,
        users: Vec<User>,
        groups: Vec<Group>,
        roles: Vec<Role>,
    ) -> Result<Account, AccountError> {
        let users_arns =
            (0..).map(UserIx).zip(&users).map(|(at, user)| (&user.identity.arn, Actor::User(at)));
        let roles_arns =
            (0..).map(RoleIx).zip(&roles).map(|(at, role)| (&role.identity.arn, Actor::Role(at)));
        let by_arn: HashMap<String, Actor> =
            users_arns.chain(roles_arns).map(|(arn, actor)| (arn.clone(), actor)).collect();
        let of_users = users.iter().map(|user| &user.identity.arn);
        let of_groups = groups.iter().map(|group| &group.arn);
        let of_roles = roles.iter().map(|role| &role.identity.arn);
        let mut first: Option<(String, String)> = None;
        for arn in of_users.chain(of_groups).chain(of_roles) {
            let Some(Arn { partition, service: "iam", region: "", account, .. }) = Arn::parse(arn)
            else {
                return Err(AccountError::Arn(arn.clone()));
            };
            let (first_partition, first_account) =
                first.get_or_insert_with(|| (partition.to_owned(), account.to_owned()));
            if first_partition != partition || first_account != account {
                return Err(AccountError::Accounts {
                    arn: arn.clone(),
                    account: first_account.clone(),
                });
            }
        }
        let (partition, id) = first.ok_or(AccountError::Empty)?;
        Ok(Account {
            partition,
            id,
            users,
            groups,
            roles,
            policies: self.policies,
            controls: Vec::new(),
            by_arn,
            missing_boundaries: self.missing_boundaries,
            supposed_policies: self.supposed_policies,
        })
    }
}

fn tags(tags: Vec<Tag>) -> Vec<(String, String)> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}
