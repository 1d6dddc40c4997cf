//! Reads an account from IAM.

use aws_config::Region;
use aws_sdk_iam::types;
use iam::account::details::{
    AttachedPolicy, Boundary, Details, Document, GroupDetail, InlinePolicy, PolicyDetail,
    PolicyVersion, RoleDetail, Tag, UserDetail,
};

use super::{Aws, CallError, incomplete};

/// The maximum number of users, groups, roles and policies per page (IAM API Reference).
const PAGE: i32 = 1000;

/// The region for IAM if none is configured. IAM has one address for all regions of the partition
/// `aws` (AWS General Reference, "IAM endpoints"). For another partition, a region must be
/// configured.
const ANY_REGION: &str = "us-east-1";

/// The member that is missing from an answer, although the API model requires it.
type Missing = &'static str;

impl Aws {
    /// Reads all pages of GetAccountAuthorizationDetails. `progress` gets the number of principals
    /// and policies so far.
    ///
    /// # Errors
    /// [`CallError`] if a call fails or an answer is incomplete.
    pub(crate) async fn account_details(
        &self,
        progress: impl Fn(usize),
    ) -> Result<Details<'static>, CallError> {
        const ACTION: &str = "iam:GetAccountAuthorizationDetails";
        let mut config = aws_sdk_iam::config::Builder::from(&self.0);
        if self.region().is_none() {
            config = config.region(Region::new(ANY_REGION));
        }
        let client = aws_sdk_iam::Client::from_conf(config.build());
        let mut details = Details {
            user_detail_list: Some(Vec::new()),
            group_detail_list: Some(Vec::new()),
            role_detail_list: Some(Vec::new()),
            policies: Some(Vec::new()),
            ..Details::default()
        };
        let mut marker = None;
        let mut read = 0;
        loop {
            let page = client
                .get_account_authorization_details()
                .set_marker(marker)
                .max_items(PAGE)
                .send()
                .await
                .map_err(|error| CallError::new(ACTION, &error))?;
            let missing = |what| incomplete(ACTION, what);
            read += page.user_detail_list().len()
                + page.group_detail_list().len()
                + page.role_detail_list().len()
                + page.policies().len();
            progress(read);
            marker = match (page.is_truncated, &page.marker) {
                (false, _) => None,
                (true, Some(marker)) => Some(marker.clone()),
                (true, None) => return Err(missing("marker of its next page")),
            };
            let users = page.user_detail_list.unwrap_or_default().into_iter().map(user);
            extend(&mut details.user_detail_list, users).map_err(missing)?;
            let groups = page.group_detail_list.unwrap_or_default().into_iter().map(group);
            extend(&mut details.group_detail_list, groups).map_err(missing)?;
            let roles = page.role_detail_list.unwrap_or_default().into_iter().map(role);
            extend(&mut details.role_detail_list, roles).map_err(missing)?;
            let policies = page.policies.unwrap_or_default().into_iter().map(managed_policy);
            extend(&mut details.policies, policies).map_err(missing)?;
            if marker.is_none() {
                return Ok(details);
            }
        }
    }
}

fn extend<T>(
    list: &mut Option<Vec<T>>,
    more: impl Iterator<Item = Result<T, Missing>>,
) -> Result<(), Missing> {
    for one in more {
        list.get_or_insert_default().push(one?);
    }
    Ok(())
}

fn user(user: types::UserDetail) -> Result<UserDetail<'static>, Missing> {
    Ok(UserDetail {
        user_name: user.user_name.ok_or("`UserName`")?,
        user_id: user.user_id.ok_or("`UserId`")?,
        arn: user.arn.ok_or("user's `Arn`")?,
        group_list: user.group_list.unwrap_or_default(),
        user_policy_list: inline(user.user_policy_list)?,
        attached_managed_policies: attached(user.attached_managed_policies)?,
        permissions_boundary: boundary(user.permissions_boundary)?,
        tags: tags(user.tags),
    })
}

fn group(group: types::GroupDetail) -> Result<GroupDetail<'static>, Missing> {
    Ok(GroupDetail {
        group_name: group.group_name.ok_or("`GroupName`")?,
        arn: group.arn.ok_or("group's `Arn`")?,
        group_policy_list: inline(group.group_policy_list)?,
        attached_managed_policies: attached(group.attached_managed_policies)?,
    })
}

fn role(role: types::RoleDetail) -> Result<RoleDetail<'static>, Missing> {
    let trust = role.assume_role_policy_document.ok_or("`AssumeRolePolicyDocument`")?;
    Ok(RoleDetail {
        role_name: role.role_name.ok_or("`RoleName`")?,
        role_id: role.role_id.ok_or("`RoleId`")?,
        arn: role.arn.ok_or("role's `Arn`")?,
        assume_role_policy_document: document(&trust)?,
        role_policy_list: inline(role.role_policy_list)?,
        attached_managed_policies: attached(role.attached_managed_policies)?,
        permissions_boundary: boundary(role.permissions_boundary)?,
        tags: tags(role.tags),
    })
}

fn managed_policy(policy: types::ManagedPolicyDetail) -> Result<PolicyDetail<'static>, Missing> {
    let versions = policy.policy_version_list.unwrap_or_default().into_iter().map(|version| {
        Ok::<_, Missing>(PolicyVersion {
            version_id: version.version_id.ok_or("`VersionId`")?,
            is_default_version: version.is_default_version,
            document: document(&version.document.ok_or("policy version's `Document`")?)?,
        })
    });
    Ok(PolicyDetail {
        policy_name: policy.policy_name.ok_or("`PolicyName`")?,
        arn: policy.arn.ok_or("policy's `Arn`")?,
        policy_version_list: versions.collect::<Result<_, _>>()?,
    })
}

fn inline(
    policies: Option<Vec<types::PolicyDetail>>,
) -> Result<Vec<InlinePolicy<'static>>, Missing> {
    let policies = policies.unwrap_or_default().into_iter().map(|policy| {
        Ok(InlinePolicy {
            policy_name: policy.policy_name.ok_or("`PolicyName`")?,
            policy_document: document(&policy.policy_document.ok_or("`PolicyDocument`")?)?,
        })
    });
    policies.collect()
}

fn attached(policies: Option<Vec<types::AttachedPolicy>>) -> Result<Vec<AttachedPolicy>, Missing> {
    let policies = policies.unwrap_or_default().into_iter();
    policies
        .map(|policy| Ok(AttachedPolicy { policy_arn: policy.policy_arn.ok_or("`PolicyArn`")? }))
        .collect()
}

fn boundary(
    boundary: Option<types::AttachedPermissionsBoundary>,
) -> Result<Option<Boundary>, Missing> {
    let Some(boundary) = boundary else {
        return Ok(None);
    };
    let arn = boundary.permissions_boundary_arn.ok_or("`PermissionsBoundaryArn`")?;
    Ok(Some(Boundary { permissions_boundary_arn: arn }))
}

fn tags(tags: Option<Vec<types::Tag>>) -> Vec<Tag> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.map(|tag| Tag { key: tag.key, value: tag.value }).collect()
}

fn document(encoded: &str) -> Result<Document<'static>, Missing> {
    Document::from_api(encoded).map_err(|_| "policy document that decodes to UTF-8")
}
